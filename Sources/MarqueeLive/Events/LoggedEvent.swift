/// An event with its sequence number in the log.
public struct LoggedEvent: Sendable, Equatable {
    /// Its sequence number, from 1, without gaps, in the order of acceptance.
    public let sequence: Int64
    /// When it was accepted, in milliseconds since 1970.
    public let received: Int64
    public let event: Event

    public init(sequence: Int64, received: Int64, event: Event) {
        self.sequence = sequence
        self.received = received
        self.event = event
    }
}

/// Events that follow each other in the log, and how far it was read: what was erased has a place and is none of them.
public struct LoggedEvents: Sendable, Equatable {
    public var events: [LoggedEvent]
    /// The last place that was read; what comes next is asked for after it.
    public var through: Int64

    public init(_ events: [LoggedEvent], through: Int64) {
        self.events = events
        self.through = through
    }
}

/// What became of an event that was appended.
public enum Acknowledgment: Sendable, Hashable {
    /// On disk, under this number.
    case accepted(sequence: Int64)
    /// An event of this id was there before, under this number; nothing changed.
    case duplicate(sequence: Int64)

    public var sequence: Int64 {
        switch self {
        case .accepted(let sequence), .duplicate(let sequence): sequence
        }
    }

    public var isDuplicate: Bool {
        if case .duplicate = self { true } else { false }
    }
}

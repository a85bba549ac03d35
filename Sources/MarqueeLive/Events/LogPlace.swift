internal import MarqueeRuntime

/// A place in one log, and what stands there: what was derived up to it holds for that log alone.
///
/// A log that was replaced has another id. One that was restored from a copy and written on has the same, and other
/// events at its places: the digest tells them apart.
struct LogPlace: Sendable, Equatable {
    /// The log's ``EventLog/id``.
    var log: Int64
    /// The sequence number of an event; 0 before the first.
    var sequence: Int64 = 0
    /// Of the event's id and when it was accepted; 0 where there is none.
    var digest: UInt64 = 0
}

extension LogPlace {
    init(log: Int64, _ logged: LoggedEvent) {
        var identity = Array(#"{"id":"#.utf8)
        JSONText.append(logged.event.id, to: &identity)
        self.init(
            log: log, sequence: logged.sequence,
            digest: identity.withUnsafeBytes { ByteHash.hash($0) } &+ UInt64(bitPattern: logged.received))
    }
}

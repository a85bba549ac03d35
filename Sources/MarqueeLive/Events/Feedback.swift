internal import Foundation
internal import MarqueeRuntime

/// What somebody did with an item as it stands now: the last event of a type about a person and an item.
///
/// `type`, `user` and `item` together identify it, as in gorse. What was said before of the same three is changed by it,
/// and a ``EventType/retract`` takes it back; the log keeps the order of it all.
public struct Feedback: Sendable, Hashable {
    /// Which feedback it is. Parts are compared by bytes.
    public struct Key: Sendable, Hashable {
        /// The name that it was sent under: gorse's `star` where that is what a client says, else the event's type.
        public var type: String
        public var user: String
        public var item: String

        public init(type: String, user: String, item: String) {
            (self.type, self.user, self.item) = (type, user, item)
        }

        public static func == (one: Key, other: Key) -> Bool {
            one.type.hasSameBytes(as: other.type) && one.user.hasSameBytes(as: other.user)
                && one.item.hasSameBytes(as: other.item)
        }

        public func hash(into hasher: inout Hasher) {
            for part in [type, user, item] {
                hasher.combine(part.utf8.count)
                for byte in part.utf8 { hasher.combine(byte) }
            }
        }
    }

    public var key: Key
    /// What kind of event it is.
    public var event: EventType
    public var value: Double?
    public var comment: String
    /// Milliseconds since 1970; nil stands for now, and for no change where it was said before.
    public var time: Int64?

    public init(_ key: Key, _ event: EventType, value: Double? = nil, comment: String = "", time: Int64? = nil) {
        self.key = key
        self.event = event
        self.value = value
        self.comment = comment
        self.time = time
    }

    /// What an event says; nil for one without a user or an item, and for a retraction.
    public init?(_ event: Event) {
        guard let user = event.user, event.type != .retract, event.type != .search else { return nil }
        self.init(
            Key(type: event.context[Self.typeField] ?? event.type.rawValue, user: user, item: event.item), event.type,
            value: event.value, comment: event.context[Self.commentField] ?? "", time: event.time)
    }

    /// Whether it says the same as `other`, which has a time.
    func says(_ other: Feedback) -> Bool {
        key == other.key && event == other.event && value == other.value && comment.hasSameBytes(as: other.comment)
            && (time == nil || time == other.time)
    }

    /// As an event under an id.
    /// - Parameter now: its time where it has none.
    func event(id: String, now: Int64) -> Event {
        var context: [String: String] = [:]
        if key.type != event.rawValue { context[Self.typeField] = key.type }
        if !comment.isEmpty { context[Self.commentField] = comment }
        return Event(
            id: id, user: key.user, item: key.item, type: event, value: value, context: context, time: time ?? now)
    }

    /// Why it may not enter the log at `now`; nil when it may.
    public func problem(at now: Int64) -> EventProblem? { event(id: "feedback", now: now).problem(at: now) }

    /// Where the context of an event has gorse's type and comment.
    static let typeField = "feedback", commentField = "comment"

    /// An id that no other feedback has, nor another value of this one: the place in the log of what it changes, the parts
    /// with their lengths before them, and a hash of the rest.
    ///
    /// Sent twice at once, it is one event by it. Names so long that the id would be none are told apart by chance.
    /// - Parameters:
    ///   - predecessor: the sequence number of what was said of it before, 0 for nothing.
    ///   - step: counts what is sent of it at once.
    func id(after predecessor: Int64, step: Int = 0) -> String {
        let parts = [key.type, key.user, key.item].map { "\($0.utf8.count):\($0)" }.joined(separator: "/")
        var rest = Digest()
        for text in [time.map(String.init) ?? "", value.map { "\($0)" } ?? "", comment] {
            rest.add(UInt64(text.utf8.count))
            for byte in text.utf8 { rest.add(byte: byte) }
        }
        let id = "feedback/\(predecessor)\(step > 0 ? ".\(step)" : "")/\(parts)/\(rest.text)"
        return id.utf8.count <= Event.longestName ? id : Self.anyID()
    }

    /// An id that nobody can have foreseen.
    static func anyID() -> String { "feedback/\(UUID())" }
}

extension Event {
    /// What a retraction takes back, by name; nil for all of it.
    var retracts: String? { type == .retract ? context["of"] : nil }

    /// The types that the person did with the item and that a retraction leaves, where it says so.
    var retractionLeaves: Set<EventType>? {
        guard type == .retract, let left = context["left"] else { return nil }
        return Set(left.split(separator: " ").compactMap { EventType(rawValue: String($0)) })
    }

    /// Whether this retraction takes back that feedback.
    func takesBack(_ feedback: Feedback) -> Bool {
        guard type == .retract, item.hasSameBytes(as: feedback.key.item) else { return false }
        guard let of = retracts else { return true }
        return of.hasSameBytes(as: feedback.key.type) || retractionLeaves == nil && of == feedback.event.rawValue
    }
}

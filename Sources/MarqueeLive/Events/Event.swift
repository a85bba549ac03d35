/// Something that a person did, or was shown: the only way in which the live loop learns of the world.
///
/// What happened is identified by `id`: sent again, it counts once. What was not sent is nil. Times are
/// milliseconds since 1970, UTC. ``problem(at:)`` says whether an event may enter the log.
public struct Event: Codable, Sendable, Hashable, Identifiable {
    /// Chosen by whoever sends it, the same when it is sent again; a UUID will do.
    public var id: String
    /// Who; nil before signing in, and then `session` says who.
    public var user: String?
    public var session: String?
    /// What it is about; empty for a search, which is about no item.
    public var item: String
    /// `news`, `video`, `ads`: the catalog's own word.
    public var domain: String?
    public var type: EventType
    /// What ``EventType`` says that it means.
    public var value: Double?
    /// What else was known: `category`, `x` and `y` of a gaze, `speed` of a scroll.
    public var context: [String: String]
    /// When it happened, in milliseconds since 1970.
    public var time: Int64
    /// The decision that showed the item.
    public var decision: String?
    /// The slot in which it was shown, from 0.
    public var position: Int?
    /// The text of a search.
    public var query: String?
    /// On what it happened: `mobile`, `tv`.
    public var device: String?

    public init(
        id: String, user: String? = nil, session: String? = nil, item: String, domain: String? = nil, type: EventType,
        value: Double? = nil, context: [String: String] = [:], time: Int64, decision: String? = nil,
        position: Int? = nil, query: String? = nil, device: String? = nil
    ) {
        self.id = id
        self.user = user
        self.session = session
        self.item = item
        self.domain = domain
        self.type = type
        self.value = value
        self.context = context
        self.time = time
        self.decision = decision
        self.position = position
        self.query = query
        self.device = device
    }
}

/// What happened in an ``Event``.
public enum EventType: String, Codable, Sendable, CaseIterable {
    case impression, click
    /// Its value is how long it was looked at, in seconds (dwell).
    case view
    case favorite, cart
    /// Its value is what was paid.
    case purchase
    /// Its value is the rating, and is required.
    case rating
    case share
    /// The eyes rested at `x`, `y` of the context, each within 0...1 from the top left; its value is for
    /// how long, in seconds.
    case gaze
    /// The person does not want to see it.
    case hide
    /// Takes back what the person did with the item: all of it, or what `of` in the context names, a type or a gorse
    /// feedback type. See ``Feedback``.
    case retract
    /// The person looked for something: `query` is what they wrote, an interest without an item.
    case search
    /// The person went down an item's page; its value is how far, 0 at the top and 1 at the end, and is required, and
    /// `speed` of the context how fast, in screens a second.
    case scroll
}

public import MarqueeData

/// Who is asked for, and what is known at this moment: the one form in which evaluation, the command line and the
/// server ask a model.
///
///     let query = Query(user: 7, history: histories[7], context: RequestContext(time: now))
///     let scores = model.scores(query)
public struct Query: Sendable, Equatable {
    /// Index into the users that the model was fitted to; nil for somebody who came after.
    public var user: Int32?
    /// Everything they did up to now, the newest last, in the model's items and behaviors; what was learned from
    /// included.
    public var history: History
    public var context: RequestContext
    /// The items to choose among, nil for all.
    public var candidates: [Int32]?
    /// Items that are not to be recommended, in any order.
    public var excluded: [Int32]

    public init(
        user: Int32? = nil, history: History = History(), context: RequestContext = RequestContext(),
        candidates: [Int32]? = nil, excluded: [Int32] = []
    ) {
        self.user = user
        self.history = history
        self.context = context
        self.candidates = candidates
        self.excluded = excluded
    }
}

/// When and where somebody is asked for; empty where it is not known.
public struct RequestContext: Sendable, Equatable, Codable {
    /// Milliseconds since 1970-01-01 UTC; nil when the time is of no matter.
    public var time: Int64?
    /// Such as `mobile`.
    public var device: String
    public var region: String
    /// Where the answer is shown, such as `home`.
    public var page: String

    public init(time: Int64? = nil, device: String = "", region: String = "", page: String = "") {
        self.time = time
        self.device = device
        self.region = region
        self.page = page
    }
}

/// What was erased of somebody, and the proof: each store was asked again after, and the files were searched for the id
/// byte by byte.
public struct Erasure: Sendable, Equatable, Encodable {
    /// One store, and how much it had of them.
    public struct Store: Sendable, Equatable, Encodable {
        public var name: String
        /// Rows before, and found again after.
        public var before: Int
        public var after: Int
    }

    /// A file that still has the id, and how often.
    public struct Trace: Sendable, Equatable, Encodable {
        public var file: String
        public var count: Int
    }

    public var user: String
    /// Sessions that were the user's, erased with them.
    public var sessions: Int
    public var stores: [Store]
    public var traces: [Trace]
    /// What this does not reach, in words.
    public var notes: [String]

    /// Whether nothing was found again.
    public var isComplete: Bool

    init(user: String, sessions: Int, stores: [Store], traces: [Trace], notes: [String]) {
        self.user = user
        self.sessions = sessions
        self.stores = stores
        self.traces = traces
        self.notes = notes
        isComplete = traces.isEmpty && stores.allSatisfy { $0.after == 0 }
        if !isComplete { self.notes.insert(Self.wayOn, at: 0) }
    }

    /// What to do where something was found again.
    private static let wayOn = """
        something is left: send nothing more of this user, and erase once more; what a file has even then is in another's \
        words, such as a title, a label or a context, and goes with those
        """

    private enum CodingKeys: String, CodingKey {
        case user, sessions, stores, traces, notes
        case isComplete = "complete"
    }
}

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
    public var isComplete: Bool { traces.isEmpty && stores.allSatisfy { $0.after == 0 } }
}

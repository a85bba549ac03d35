/// An item of a list, by its id, and how much speaks for it.
public struct ScoredItem: Sendable, Equatable {
    public var id: String
    public var score: Double

    public init(id: String, score: Double) {
        self.id = id
        self.score = score
    }
}

/// Items like an item, the most alike first, and what was measured.
public struct SimilarList: Sendable, Equatable {
    /// In words: `cosine of the items' factors`.
    public var measure: String
    public var items: [ScoredItem]
}

public import MarqueeEvaluation

/// A model that knows which items are alike.
public protocol ItemSimilarity: Sendable {
    /// What is measured, for captions: `cosine of the items' factors`.
    var similarityMeasure: String { get }
    /// How alike each item is to `item`, higher is more; by item.
    func similarities(to item: Int32) -> [Float]
    /// The same for several items: [items, all items].
    func similarities(to items: [Int32]) -> [[Float]]
}

extension Recommender {
    /// What the model knows of which items are alike; nil where it knows nothing of items but how to score them.
    public var itemSimilarity: (any ItemSimilarity)? { self as? any ItemSimilarity }
}

extension ItemSimilarity {
    public func similarities(to items: [Int32]) -> [[Float]] { items.map { similarities(to: $0) } }
}

/// A model that can say what each part of a history gives to a score: the part's term where scores are sums over a
/// history, else what the score loses without it.
public protocol Explaining: HistoryScorer {
    /// What each item of `history`, which are of the query's, gives to the score of each of `items` for the query:
    /// [items, history].
    func contributions(_ query: Query, items: [Int32], history: [Int32]) -> [[Float]]
}

/// A model that learned how much each behavior tells of the target.
public protocol BehaviorExplaining: Sendable {
    /// Not negative and adding up to 1, in the order of the training data's behaviors; empty when the model
    /// was configured, or given data, to learn no such thing.
    var behaviorWeights: [Float] { get }
}

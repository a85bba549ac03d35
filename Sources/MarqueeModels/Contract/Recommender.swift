public import MarqueeEvaluation

/// A model that ranks items for users: fit, score, save, load. This is the whole contract.
///
/// A value of a conforming type is fitted; there is no unfitted state. Conforming is one file, one
/// line in ``ModelRegistry``, and an entry in a YAML; the shared behavior suite runs on every type
/// of the registry.
public protocol Recommender: Scorer {
    /// What can be chosen, with defaults for everything; keys are what a YAML may say.
    associatedtype Config: ModelConfig

    /// The name in YAML and on the command line, such as `item-knn`.
    static var kind: String { get }

    var config: Config { get }

    /// Whether models of a configuration have a ``historyScorer``: known before one is fitted. True for types that
    /// conform to `HistoryScorer`, unless a type says otherwise.
    static func scoresHistories(_ config: Config) -> Bool

    /// Whether models of a configuration weight by ``TrainingSet/propensities``; false unless a type says otherwise.
    static func usesPropensities(_ config: Config) -> Bool

    /// This model as one that answers from a history, for anybody; nil where it knows only the users that it was
    /// fitted to. A type that conforms to `HistoryScorer` is that itself.
    var historyScorer: (any HistoryScorer)? { get }

    /// What the model knows of which items are alike; nil where it knows nothing of that. A type that conforms to
    /// ``ItemSimilarity`` is that itself.
    var itemSimilarity: (any ItemSimilarity)? { get }

    /// Why a model of this configuration cannot be fitted to so many users and items, known before it is tried, such as
    /// memory that no machine has; nil where nothing speaks against it. The remedy is part of it.
    static func refusal(_ config: Config, users: Int, items: Int) -> String?

    /// Learns from `data`. Deterministic in (config, data, seed, worker count).
    /// - Throws: ``Interrupted`` when the user asked for a stop, ``ModelError`` when the data cannot carry the model.
    static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Self

    /// Restores what ``save(to:)`` wrote; scores are equal to the saved model's.
    init(config: Config, from artifact: borrowing Artifact) throws

    /// Writes every fitted number.
    func save(to artifact: inout Artifact) throws
}

extension Recommender {
    public static func scoresHistories(_ config: Config) -> Bool { Self.self is any HistoryScorer.Type }
    public static func refusal(_ config: Config, users: Int, items: Int) -> String? { nil }
    public static func usesPropensities(_ config: Config) -> Bool { false }
    public var historyScorer: (any HistoryScorer)? { self as? any HistoryScorer }
}

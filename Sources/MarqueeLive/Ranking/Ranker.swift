public import MarqueeRuntime

/// Scores the candidates of a decision.
///
///     let ranker = CombinedRanker([(ModelRanker(), 1), (LinearRanker(weights: ["item-clicks": 0.1]), 0.5)])
///     ranker.features          // ["item-clicks"]: read in one batch, and logged with the decision
///
/// A ranker is a value without state of its own: what it says is a function of the context and the features. One that
/// asks the features alone says the same of a logged decision, to the bit. A new one is one file, and one line in
/// ``RankerRegistry``.
public protocol Ranker: Sendable {
    /// What a configuration says of it.
    associatedtype Config: Decodable, Sendable

    /// The name in configurations, answers and logs: `model`.
    static var kind: String { get }

    /// What a bare name means; nil where settings are needed.
    static var standardConfig: Config? { get }

    /// - Throws: ``RankerError``.
    init(_ config: Config) throws(RankerError)

    /// The names of the features that it wants to be told.
    var features: [String] { get }

    /// A score for each of `candidates` (the catalog's indices), the higher the better; not a number for an item of
    /// which it knows nothing. Nil when it cannot rank for this decision, such as a model for somebody of whom nothing
    /// is known: then a weaker link of the chain answers.
    /// - Parameters:
    ///   - features: ``features`` of the candidates, in their order, by ``FeatureReader``; unknown ones where the store
    ///     did not answer.
    ///   - scratch: memory that decisions share.
    func score(
        _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
    ) -> [Float]?
}

extension Ranker {
    public var features: [String] { [] }
}

/// What a ranker without settings reads.
public struct NoSettings: Configuration {
    public init() {}
    public static let defaults = NoSettings()
}

/// A ranker cannot be made.
public enum RankerError: Error, Equatable, CustomStringConvertible {
    case badSetting(ranker: String, setting: String, reason: String)

    public var description: String {
        switch self {
        case .badSetting(let ranker, let setting, let reason): "ranker \(ranker): \(setting) \(reason)"
        }
    }
}

public import MarqueeRuntime

/// Shows the best: candidates by value, descending, the earlier one first in a tie.
///
/// The value is the ranker's score, or, with `learning`, the mean of a ``LinearReward`` over the candidates'
/// features. Every propensity is 1, so its logs answer no question about another policy.
public struct Greedy: MixturePolicy {
    public struct Config: Configuration, Encodable, Equatable {
        /// Learn values from features instead of taking the ranker's scores.
        public var learning: LinearReward.Config?
        public init(learning: LinearReward.Config? = nil) { self.learning = learning }

        public static let defaults = Config()
    }

    public static let kind = "greedy"
    public let config: Config
    private var values: PolicyValues

    public init(_ config: Config = Config()) throws(PolicyError) {
        self.config = config
        values = try PolicyValues(Self.kind, config.learning)
    }

    public var version: Int { values.version }
    public var usesFeatures: Bool { config.learning != nil }
    public var epsilon: Double { 0 }

    public func values(of choices: ChoiceSet) throws(PolicyError) -> [Double] { try values(choices) }

    public mutating func learn(_ outcome: Outcome) throws(PolicyError) { try values.learn(outcome) }
}

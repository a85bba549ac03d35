public import MarqueeRuntime

/// Shows the best, and with probability ε anything: in every slot
/// π(a | left) = ε / m + (1 − ε) [a is the best left], m candidates left.
///
/// The value is the ranker's score, or, with `learning`, the mean of a ``LinearReward``. Propensities are exact.
///
/// Source: Sutton and Barto, *Reinforcement Learning* (2018), section 2.2.
public struct EpsilonGreedy: MixturePolicy {
    public struct Config: Configuration, Encodable, Equatable {
        public var epsilon: Double
        /// Learn values from features instead of taking the ranker's scores.
        public var learning: LinearReward.Config?

        public init(epsilon: Double = 0.1, learning: LinearReward.Config? = nil) {
            self.epsilon = epsilon
            self.learning = learning
        }

        public static let defaults = Config()
    }

    public static let kind = "epsilon-greedy"
    public let config: Config
    private var values: PolicyValues

    public init(_ config: Config = Config()) throws(PolicyError) {
        guard (0...1).contains(config.epsilon) else {
            throw .badSetting(
                policy: Self.kind, setting: "epsilon", reason: "must be from 0 to 1, found \(config.epsilon)")
        }
        self.config = config
        values = try PolicyValues(Self.kind, config.learning)
    }

    public var version: Int { values.version }
    public var usesFeatures: Bool { config.learning != nil }
    public var epsilon: Double { config.epsilon }

    public func values(of choices: ChoiceSet) throws(PolicyError) -> [Double] { try values(choices) }

    public mutating func learn(_ outcome: Outcome) throws(PolicyError) { try values.learn(outcome) }
}

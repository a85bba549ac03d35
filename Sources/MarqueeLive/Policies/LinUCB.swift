public import MarqueeRuntime

/// Shows what may be best: candidates by upper confidence bound zᵀθ + α √(zᵀA⁻¹z) of a ``LinearReward`` that all
/// candidates share, descending.
///
/// Given its state it is deterministic, so a log of it supports no counterfactual answer; `epsilon` mixes every
/// candidate in with ε / m, as in ``EpsilonGreedy``, and then its propensities are exact and above 0.
///
/// Source: Li, Chu, Langford and Schapire, *A contextual-bandit approach to personalized news article
/// recommendation* (WWW 2010), algorithm 1, with one parameter vector over features of person and item.
public struct LinUCB: MixturePolicy {
    public struct Config: Configuration, Encodable, Equatable {
        /// α: how many deviations above the mean count.
        public var alpha: Double
        public var epsilon: Double
        public var regularization: Double

        public init(alpha: Double = 1, epsilon: Double = 0, regularization: Double = 1) {
            self.alpha = alpha
            self.epsilon = epsilon
            self.regularization = regularization
        }

        public static let defaults = Config()
    }

    public static let kind = "linucb"
    public let config: Config
    public private(set) var version = 0
    public var usesFeatures: Bool { true }
    public var epsilon: Double { config.epsilon }
    private var model: LinearReward

    public init(_ config: Config = Config()) throws(PolicyError) {
        guard config.alpha >= 0, config.alpha.isFinite else {
            throw .badSetting(policy: Self.kind, setting: "alpha", reason: "must be at least 0, found \(config.alpha)")
        }
        guard (0...1).contains(config.epsilon) else {
            throw .badSetting(
                policy: Self.kind, setting: "epsilon", reason: "must be from 0 to 1, found \(config.epsilon)")
        }
        self.config = config
        model = try LinearReward(.init(regularization: config.regularization), policy: Self.kind)
    }

    public mutating func learn(_ outcome: Outcome) throws(PolicyError) {
        try outcome.checkFinite()
        try model.learn(outcome)
        version += 1
    }

    /// The bounds.
    public func values(of choices: ChoiceSet) throws(PolicyError) -> [Double] {
        let means = try model.means(choices)
        let deviations = try model.deviations(choices)
        return zip(means, deviations).map { $0 + config.alpha * $1 }
    }
}

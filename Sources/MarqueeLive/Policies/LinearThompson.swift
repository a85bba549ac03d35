public import MarqueeRuntime

/// Shows what a draw of belief says is best: candidate a's value is drawn from its posterior under a
/// ``LinearReward``, N(zᵀθ, v² zᵀA⁻¹z), and a slot goes to the largest of one draw from each candidate left.
///
/// Draws of different candidates are independent: each has the marginal that a draw of the whole θ would give
/// it, without their correlation. That costs some regret where candidates are much alike, and buys a propensity
/// that is one integral, ∫ f_a(t) Π_{b ≠ a, left} F_b(t) dt, computed to a relative error below 1e-5
/// (see ``WinningProbability``), where the joint draw's is an orthant probability that can only be sampled.
///
/// Source: Agrawal and Goyal, *Thompson Sampling for Contextual Bandits with Linear Payoffs* (ICML 2013).
public struct LinearThompson: Policy {
    public struct Config: Configuration, Encodable, Equatable {
        /// v: the posterior's width, in deviations of a reward; smaller explores less.
        public var spread: Double
        public var regularization: Double

        public init(spread: Double = 0.3, regularization: Double = 1) {
            self.spread = spread
            self.regularization = regularization
        }

        public static let defaults = Config()
    }

    public static let kind = "linear-thompson"
    public let config: Config
    public private(set) var version = 0
    public var usesFeatures: Bool { true }
    private var model: LinearReward

    public init(_ config: Config = Config()) throws(PolicyError) {
        guard config.spread > 0, config.spread.isFinite else {
            throw .badSetting(policy: Self.kind, setting: "spread", reason: "must be above 0, found \(config.spread)")
        }
        self.config = config
        model = try LinearReward(.init(regularization: config.regularization), policy: Self.kind)
    }

    public func choose(_ count: Int, from choices: ChoiceSet, seed: UInt64) throws(PolicyError) -> Slate {
        WinningProbability(try posteriors(choices)).draw(count, seed: seed)
    }

    public func distribution(over choices: ChoiceSet, below above: [Int]) throws(PolicyError) -> [Double] {
        try choices.check(above)
        return WinningProbability(try posteriors(choices)).distribution(below: above)
    }

    public func propensities(of candidates: [Int], from choices: ChoiceSet) throws(PolicyError) -> [Double] {
        try choices.check(candidates)
        return WinningProbability(try posteriors(choices)).propensities(of: candidates)
    }

    public mutating func learn(_ outcome: Outcome) throws(PolicyError) {
        try outcome.checkFinite()
        try model.learn(outcome)
        version += 1
    }

    private func posteriors(_ choices: ChoiceSet) throws(PolicyError) -> [NormalDistribution] {
        let means = try model.means(choices)
        let deviations = try model.deviations(choices)
        for candidate in means.indices where !means[candidate].isFinite || !deviations[candidate].isFinite {
            throw .badFeatures(item: choices.items[candidate])
        }
        return zip(means, deviations).map { NormalDistribution(mean: $0, deviation: config.spread * $1) }
    }
}

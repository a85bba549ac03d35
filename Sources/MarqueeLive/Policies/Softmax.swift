internal import Foundation
public import MarqueeRuntime

/// Shows better candidates more often: π(a | left) = exp(v_a / τ) / Σ_{b left} exp(v_b / τ).
///
/// Slot by slot this is the Plackett–Luce distribution over slates,
/// π(a_1 … a_n) = Π_k exp(v_{a_k} / τ) / Σ_{b ∉ a_1 … a_{k−1}} exp(v_b / τ). With `floor` every candidate left
/// has at least probability floor / m, so that an overlap is guaranteed: π′ = floor / m + (1 − floor) π.
///
/// The value is the ranker's score, or, with `learning`, the mean of a ``LinearReward``. Propensities are exact,
/// computed from the largest value down so that nothing overflows.
///
/// Source: Plackett, *The Analysis of Permutations* (1975); Luce, *Individual Choice Behavior* (1959).
public struct Softmax: CategoricalPolicy {
    public struct Config: Configuration, Encodable, Equatable {
        /// τ; small is greedy, large is uniform. In units of the values.
        public var temperature: Double
        public var floor: Double
        /// Learn values from features instead of taking the ranker's scores.
        public var learning: LinearReward.Config?

        public init(temperature: Double = 1, floor: Double = 0, learning: LinearReward.Config? = nil) {
            self.temperature = temperature
            self.floor = floor
            self.learning = learning
        }

        public static let defaults = Config()
    }

    public static let kind = "softmax"
    public let config: Config
    private var values: PolicyValues

    public init(_ config: Config = Config()) throws(PolicyError) {
        guard config.temperature > 0, config.temperature.isFinite else {
            throw .badSetting(
                policy: Self.kind, setting: "temperature", reason: "must be above 0, found \(config.temperature)")
        }
        guard (0...1).contains(config.floor) else {
            throw .badSetting(policy: Self.kind, setting: "floor", reason: "must be from 0 to 1, found \(config.floor)")
        }
        self.config = config
        values = try PolicyValues(Self.kind, config.learning)
    }

    public var version: Int { values.version }
    public var usesFeatures: Bool { config.learning != nil }

    public func values(of choices: ChoiceSet) throws(PolicyError) -> [Double] { try values(choices) }

    public func distribution(
        of values: [Double], over choices: ChoiceSet, below above: [Int]
    ) throws(PolicyError) -> [Double] {
        var probabilities = [Double](repeating: 0, count: choices.count)
        let left = try choices.left(values, below: above)
        guard let largest = left.lazy.map({ values[$0] }).max() else { return probabilities }
        var sum = 0.0
        for candidate in left {
            probabilities[candidate] = exp((values[candidate] - largest) / config.temperature)
            sum += probabilities[candidate]
        }
        for candidate in left {
            probabilities[candidate] =
                config.floor / Double(left.count) + (1 - config.floor) * probabilities[candidate] / sum
        }
        return probabilities
    }

    public mutating func learn(_ outcome: Outcome) throws(PolicyError) { try values.learn(outcome) }
}

internal import MarqueeRuntime

/// Shows the best: candidates by value, descending, the earlier one first in a tie.
///
/// The value is the ranker's score, or, with `learning`, the mean of a ``LinearReward`` over the candidates'
/// features. Every propensity is 1, so its logs answer no question about another policy.
public struct Greedy: MixturePolicy {
    public struct Config: Codable, Sendable, Equatable {
        /// Learn values from features instead of taking the ranker's scores.
        public var learning: LinearReward.Config?
        public init(learning: LinearReward.Config? = nil) { self.learning = learning }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            learning = try container.decodeIfPresent(LinearReward.Config.self, forKey: .learning)
        }

        enum CodingKeys: String, CodingKey, CaseIterable { case learning }
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

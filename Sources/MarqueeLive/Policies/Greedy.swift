internal import MarqueeRuntime

/// Shows the best: candidates by value, descending, the earlier one first in a tie.
///
/// The value is the ranker's score, or, with `learning`, the mean of a ``LinearReward`` over the candidates'
/// features. Every propensity is 1, so its logs answer no question about another policy.
public struct Greedy: CategoricalPolicy {
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

    public func values(of choices: ChoiceSet) throws(PolicyError) -> [Double] { try values(choices) }

    /// Sorted once, instead of asked for slot by slot.
    public func choose(_ count: Int, from choices: ChoiceSet, seed: UInt64) throws(PolicyError) -> Slate {
        let values = try values(choices)
        let order = try choices.left(values, below: []).sorted {
            values[$0] > values[$1] || values[$0] == values[$1] && $0 < $1
        }
        return Slate(slots: order.prefix(max(0, count)).map { .init(place: $0, propensity: 1) })
    }

    public func distribution(
        of values: [Double], over choices: ChoiceSet, below above: [Int]
    ) throws(PolicyError) -> [Double] {
        try choices.mixture(values, epsilon: 0, below: above)
    }

    public mutating func learn(_ outcome: Outcome) throws(PolicyError) { try values.learn(outcome) }
}

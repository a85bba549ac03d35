internal import MarqueeRuntime

/// Which items a training negative is drawn from, among those the user has not touched.
public enum NegativeDistribution: Sendable, Hashable {
    /// Every item alike.
    case uniform
    /// In proportion to (interactions)^exponent; 0.75 as in word2vec (Mikolov et al. 2013). Items
    /// without interactions are not drawn.
    case popularity(exponent: Double)
}

extension NegativeDistribution: Codable {
    public init(from decoder: any Decoder) throws {
        let choice = try NamedChoice(from: decoder, kind: "negative distribution", among: ["uniform", "popularity"])
        self =
            choice.name == "uniform"
            ? .uniform : .popularity(exponent: try choice.settings(Double.self, standard: 0.75))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .uniform:
            var container = encoder.singleValueContainer()
            try container.encode("uniform")
        case .popularity(let exponent):
            var container = encoder.container(keyedBy: AnyCodingKey.self)
            try container.encode(exponent, forKey: AnyCodingKey("popularity"))
        }
    }
}

public import MarqueeRuntime

/// Which items a training negative is drawn from, among those the user has not touched.
public enum NegativeDistribution: Sendable, Hashable {
    /// Every item alike.
    case uniform
    /// In proportion to (interactions)^exponent; 0.75 as in word2vec (Mikolov et al. 2013). Items
    /// without interactions are not drawn.
    case popularity(exponent: Double)
}

extension NegativeDistribution: NamedChoice, Encodable {
    public static let what = "negative distribution"
    public static let choices: [Choice<NegativeDistribution>] = [
        Choice("uniform", .uniform) { $0 == .uniform },
        Choice("popularity", standard: 0.75, NegativeDistribution.popularity) {
            if case .popularity(let exponent) = $0 { exponent } else { nil }
        },
    ]
}

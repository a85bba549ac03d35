public import MarqueeRuntime

/// A ``ScoringNetwork`` that looks at the pair alone.
///
/// A conforming file is the model: configuration, parameters and forward pass. Sampling and losses are
/// ``PairSteps``'s, epochs and checkpoints ``Trainer``'s, files ``PairModel``'s.
public protocol PairNetwork: ScoringNetwork {
    associatedtype Config: NetworkConfig

    /// A network with fresh parameters, drawn from `stream`.
    init(_ config: Config, users: Int, items: Int, stream: RandomStream)

    /// Whether ``ScoringNetwork/scorer(userCount:itemCount:target:)`` answers from histories; false unless a network says so.
    static func scoresHistories(_ config: Config) -> Bool

    /// Parameters that start from other fits instead of from chance, such as NeuMF's pre-training; nil for none.
    static func pretrained(_ config: Config, on data: TrainingSet, in context: FitContext) throws -> Self?
}

extension PairNetwork {
    public static func pretrained(_ config: Config, on data: TrainingSet, in context: FitContext) throws -> Self? {
        nil
    }
    public static func scoresHistories(_ config: Config) -> Bool { false }
    public func factors() -> FactorScorer? { nil }
}

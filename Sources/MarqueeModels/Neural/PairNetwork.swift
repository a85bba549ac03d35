public import MarqueeEvaluation
public import MarqueeRuntime
public import MarqueeTensor

/// What ``PairTrainer`` trains: a network that says, as a logit, how likely a user interacts with an item.
public protocol ScoringNetwork: Module {
    static var kind: String { get }

    /// The logits of a batch's pairs: [n, 1]. Called once a step, by every worker for its part of the batch.
    func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor

    /// When the logit is an inner product of two vectors, these, so that ranking is one matrix product;
    /// nil when it is not.
    func factors() -> FactorScorer?

    /// Scores all pairs as they are now; a `HistoryScorer` where the network can answer from a history.
    /// - Parameter target: the behavior that is predicted, as histories call it.
    func scorer(userCount: Int, itemCount: Int, target: Int) -> any Scorer
}

extension ScoringNetwork {
    public func scorer(userCount: Int, itemCount: Int, target: Int) -> any Scorer {
        PairScorer(network: self, userCount: userCount, itemCount: itemCount)
    }
}

/// A ``ScoringNetwork`` that looks at the pair alone.
///
/// A conforming file is the model: configuration, parameters and forward pass. Sampling, losses,
/// epochs, checkpoints, evaluation and files are ``PairTrainer``'s and ``PairModel``'s.
public protocol PairNetwork: ScoringNetwork {
    associatedtype Config: PairNetworkConfig

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

/// A network's choices and how it is trained.
public protocol PairNetworkConfig: ModelConfig {
    var train: TrainingConfig { get }
}

/// Pairs of a step: the k-th user and the k-th item.
public struct PairBatch {
    public let users: Indices
    public let items: Indices

    public init(users: Indices, items: Indices) {
        self.users = users
        self.items = items
    }
}

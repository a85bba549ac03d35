public import MarqueeRuntime
public import MarqueeTensor

/// A network that says, as a logit, how likely a user interacts with an item.
///
/// A conforming file is the model: configuration, parameters and forward pass. Sampling, losses,
/// epochs, checkpoints, evaluation and files are ``PairTrainer``'s and ``PairModel``'s.
public protocol PairNetwork: Module {
    associatedtype Config: PairNetworkConfig
    static var kind: String { get }

    /// A network with fresh parameters, drawn from `stream`.
    init(_ config: Config, users: Int, items: Int, stream: RandomStream)

    /// The logits of a batch's pairs: [n, 1].
    func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor

    /// Parameters that start from other fits instead of from chance, such as NeuMF's pre-training; nil for none.
    static func pretrained(_ config: Config, on data: TrainingSet, in context: FitContext) throws -> Self?

    /// When the logit is an inner product of two vectors, these, so that ranking is one matrix product;
    /// nil when it is not.
    func factors() -> FactorScorer?
}

extension PairNetwork {
    public static func pretrained(_ config: Config, on data: TrainingSet, in context: FitContext) throws -> Self? { nil }
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

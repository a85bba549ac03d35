internal import MarqueeData
public import MarqueeEvaluation
public import MarqueeTensor

/// A network that says, as a logit, how likely a user interacts with an item. What it looks at is its own affair: the
/// pair alone (``PairNetwork``), a graph around it (``GraphNetwork``), walks between the two (``MBHWalk``).
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

extension ScoringNetwork {
    /// Trains the network on the target's interactions, or on other positives, and sampled negatives, as `config.train`
    /// says; the validation data of `data` choose the best epoch.
    func train(
        _ config: some NetworkConfig, on data: TrainingSet, positives: InteractionMatrix? = nil, in context: FitContext
    ) throws {
        let steps = PairSteps(
            self, positives: positives ?? data.interactions, training: config.train, seed: context.seed)
        let validation = data.validation?.figure(pool: context.pool) {
            self.scorer(userCount: data.userCount, itemCount: data.itemCount, target: data.target)
        }
        try Trainer(Self.kind, steps, config, on: data, validation: validation, in: context).run()
    }
}

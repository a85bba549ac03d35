public import MarqueeEvaluation
public import MarqueeRuntime

/// A figure of merit of a model as it stands, higher is better: what a ``Trainer`` asks after each epoch to keep the
/// best one and to stop early. Never the test set's.
///
/// A ranking metric of held-out items, the AUC of later impressions, minus a loss: whatever the model is judged by.
public struct ValidationFigure {
    /// What progress calls it, such as `NDCG@10`.
    public let name: String
    /// The figure of the parameters of this moment.
    public let evaluate: () throws -> Double

    public init(_ name: String, evaluate: @escaping () throws -> Double) {
        self.name = name
        self.evaluate = evaluate
    }
}

extension Validation {
    /// The metric as the figure of merit of a model in training, which scores as `scorer` says at the time.
    public func figure(pool: WorkerPool, of scorer: @escaping () -> any Scorer) -> ValidationFigure {
        ValidationFigure(metric.description) { metric.merit(try evaluate(scorer(), pool: pool)) }
    }
}

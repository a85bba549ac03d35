public import MarqueeEvaluation
public import MarqueeRuntime

/// A figure of merit of a model as it stands, higher is better: what a ``Trainer`` asks after each epoch to keep the
/// best one and to stop early. Never the test set's.
///
/// A ranking metric of held-out items, the AUC of later impressions, minus a loss: whatever the model is judged by.
public struct ValidationFigure {
    /// What progress calls it, such as `NDCG@10`.
    public let name: String
    /// Epochs from one evaluation to the next; the last epoch is evaluated too.
    public let every: Int
    /// The figure of the parameters of this moment; tells the observer how far it is.
    public let evaluate: (any ProgressObserver) throws -> Double

    /// - Precondition: `every` is above 0.
    public init(_ name: String, every: Int = 1, evaluate: @escaping (any ProgressObserver) throws -> Double) {
        precondition(every > 0, "epochs are counted from 1")
        self.name = name
        self.every = every
        self.evaluate = evaluate
    }
}

extension Validation {
    /// The metric as the figure of merit of a model in training, which scores as `scorer` says at the time.
    public func figure(pool: WorkerPool, of scorer: @escaping () -> any Scorer) -> ValidationFigure {
        ValidationFigure(metric.description, every: every) {
            metric.merit(try evaluate(scorer(), pool: pool, progress: $0))
        }
    }
}

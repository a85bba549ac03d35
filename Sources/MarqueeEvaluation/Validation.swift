public import MarqueeData
public import MarqueeRuntime

/// What a model may look at while it learns, to choose when to stop: held-out interactions split off
/// from the training data, and one figure of merit. Never the test set.
public struct Validation: Sendable {
    public let holdout: Holdout
    public let candidates: CandidateProtocol
    /// What each user has already touched and is not asked about (`full` protocol).
    public let seen: InteractionMatrix
    /// The figure to raise, such as NDCG@10.
    public let metric: Metric
    /// What the held-out users did, where they are not among the users that are learned from: those are asked for by
    /// their histories.
    public let histories: UserHistories?

    public init(
        holdout: Holdout, candidates: CandidateProtocol, seen: InteractionMatrix, metric: Metric,
        histories: UserHistories? = nil
    ) {
        self.histories = histories
        self.holdout = holdout
        self.candidates = candidates
        self.seen = seen
        self.metric = metric
    }

    /// The metric over what is held out; of errors the mean weighted as ``RatingPredictor/validationWeight(user:item:)``
    /// says.
    /// - Throws: as ``Evaluator/evaluate(_:pool:progress:)``; ``EvaluationError/knowsOnlyItsUsers`` for a scorer that
    ///   cannot be asked for users whom it was not fitted to.
    public func evaluate(_ scorer: some Scorer, pool: WorkerPool = .shared) throws -> Double {
        let evaluator = try Evaluator(
            holdout: holdout, candidates: candidates, seen: seen, metrics: [metric], masking: "train")
        func figure(_ result: EvaluationResult) -> Double { result[metric] ?? .nan }  // It is what was evaluated.
        if case .rated(let liked) = candidates, let predictor = scorer as? any RatingPredictor {
            return figure(
                try evaluator.evaluateRatings(
                    scorer, liked: liked, pool: pool,
                    weight: { predictor.validationWeight(user: $0, item: $1) }))
        }
        guard let histories else { return figure(try evaluator.evaluate(scorer, pool: pool)) }
        guard let model = scorer as? any HistoryScorer else { throw EvaluationError.knowsOnlyItsUsers }
        return figure(try evaluator.evaluate(model, asked: histories, pool: pool))
    }
}

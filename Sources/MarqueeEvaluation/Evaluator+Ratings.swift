internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime

extension Evaluator {
    /// The metrics of predicted ratings: for every held-out user over that user's items, and of errors and AUC over all
    /// ratings at once as well (``EvaluationResult/pooled``). O(ratings · log ratings).
    /// - Parameters:
    ///   - liked: ratings of at least so much are the positives of AUC.
    ///   - weight: how much a user's rating of an item counts in errors: Σ w e² / Σ w.
    /// - Throws: ``EvaluationError`` for a score that is not a number, ``Interrupted``.
    func evaluateRatings(
        _ scorer: some Scorer, liked: Double, pool: WorkerPool,
        weight: @Sendable (Int32, Int32) -> Double = { _, _ in 1 }
    ) throws -> EvaluationResult {
        guard scorer is any RatingPredictor || !metrics.contains(where: \.kind.isError) else {
            throw EvaluationError.predictsNoRatings
        }
        let users = try pool.map(holdout.users.count) { k in
            try Interruption.check()
            let (user, items) = (holdout.users[k], Array(holdout[k]))
            let scores = scorer.scores(user: user, candidates: items).map(Double.init)
            if let item = scores.firstIndex(where: \.isNaN) {
                throw EvaluationError.notANumber(user: user, item: items[item])
            }
            return RatedItems(
                scores: scores, ratings: holdout.ratings[holdout.offsets[k]..<holdout.offsets[k + 1]].map(Double.init),
                weights: items.map { weight(user, $0) }, liked: liked)
        }
        let all = RatedItems(
            scores: users.flatMap(\.scores), ratings: users.flatMap(\.ratings), weights: users.flatMap(\.weights),
            liked: liked)
        let pooled = metrics.filter(\.kind.isWhole).map { ($0.description, all.figure($0)) }
        return EvaluationResult(
            protocol: self.protocol, metrics: metrics, users: holdout.users,
            values: metrics.map { metric in users.map { $0.figure(metric) } },
            pooled: Dictionary(uniqueKeysWithValues: pooled))
    }
}

/// Items with predicted and true ratings.
private struct RatedItems: Sendable {
    let scores, ratings, weights: [Double]
    let liked: Double

    func figure(_ metric: Metric) -> Double {
        switch metric.kind {
        case .auc: RankedGains.auc(scores, isPositive: ratings.map { $0 >= liked }) ?? 0.5
        case .ndcg: RankedGains.ndcg(scores, gains: ratings.map { max(0, exp2($0) - 1) }, at: metric.cutoff) ?? 0
        case .squaredError: mean { $0 * $0 }
        case .rootSquaredError: mean { $0 * $0 }.squareRoot()
        case .absoluteError: mean(abs)
        // An evaluator refuses these.
        case .hitRatio, .precision, .recall, .reciprocalRank, .averagePrecision, .clickThrough: .nan
        }
    }

    /// The weighted mean of a function of the errors.
    private func mean(_ cost: (Double) -> Double) -> Double {
        var (sum, weight) = (0.0, 0.0)
        for index in scores.indices {
            sum += weights[index] * cost(ratings[index] - scores[index])
            weight += weights[index]
        }
        return sum / weight
    }
}

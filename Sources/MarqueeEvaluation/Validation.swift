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

    /// Epochs from one validation to the next; the last epoch is validated too.
    public let every: Int
    /// How many users there were before a sample of them was taken.
    public let heldOut: Int

    public init(
        holdout: Holdout, candidates: CandidateProtocol, seen: InteractionMatrix, metric: Metric,
        histories: UserHistories? = nil, every: Int = 1
    ) {
        self.init(
            holdout: holdout, candidates: candidates, seen: seen, metric: metric, histories: histories, every: every,
            heldOut: holdout.users.count)
    }

    private init(
        holdout: Holdout, candidates: CandidateProtocol, seen: InteractionMatrix, metric: Metric,
        histories: UserHistories?, every: Int, heldOut: Int
    ) {
        precondition(every > 0, "epochs are counted from 1")
        self.every = every
        self.heldOut = heldOut
        self.histories = histories
        self.holdout = holdout
        self.candidates = candidates
        self.seen = seen
        self.metric = metric
    }

    /// At most `count` of the users with their targets and negatives: those of the least random numbers, of which each
    /// user's depends on the seed and the user alone. O(users log users).
    public func sampling(_ count: Int, seed: UInt64) -> Validation {
        guard count < holdout.users.count else { return self }
        let stream = RandomStream(seed: seed, "validation users")
        let drawn = holdout.users.indices.sorted {
            (stream[UInt64(holdout.users[$0])], $0) < (stream[UInt64(holdout.users[$1])], $1)
        }
        let places = drawn.prefix(count).sorted()
        var candidates = candidates
        if case .sampled(let negatives) = candidates {
            candidates = .sampled(FrozenNegatives(name: negatives.name, rows: places.map { negatives.rows[$0] }))
        }
        if case .perTarget(let negatives) = candidates {
            let rows = places.flatMap { negatives.rows[holdout.offsets[$0]..<holdout.offsets[$0 + 1]] }
            candidates = .perTarget(FrozenNegatives(name: negatives.name, rows: rows))
        }
        return Validation(
            holdout: Holdout(pairs: places.flatMap { place in holdout[place].map { (holdout.users[place], $0) } }),
            candidates: candidates, seen: seen, metric: metric, histories: histories, every: every, heldOut: heldOut)
    }

    /// The metric over what is held out; of errors the mean weighted as ``RatingPredictor/validationWeight(user:item:)``
    /// says.
    /// - Throws: as ``Evaluator/evaluate(_:pool:progress:)``; ``EvaluationError/knowsOnlyItsUsers`` for a scorer that
    ///   cannot be asked for users whom it was not fitted to.
    public func evaluate(
        _ scorer: some Scorer, pool: WorkerPool = .shared, progress: any ProgressObserver = SilentProgress()
    ) throws -> Double {
        let evaluator = try Evaluator(
            holdout: holdout, candidates: candidates, seen: seen, metrics: [metric], masking: "train")
        func figure(_ result: EvaluationResult) -> Double { result[metric] ?? .nan }  // It is what was evaluated.
        if case .rated(let liked) = candidates, let predictor = scorer as? any RatingPredictor {
            return figure(
                try evaluator.evaluateRatings(
                    scorer, liked: liked, pool: pool,
                    weight: { predictor.validationWeight(user: $0, item: $1) }))
        }
        guard let histories else {
            return figure(try evaluator.evaluate(scorer, pool: pool, progress: progress))
        }
        guard let model = scorer as? any HistoryScorer else { throw EvaluationError.knowsOnlyItsUsers }
        return figure(try evaluator.evaluate(model, asked: histories, pool: pool, progress: progress))
    }
}

extension Validation: CustomStringConvertible {
    /// What is asked: `NDCG@10 for 2,000 of 41,547 users, every 5 epochs`.
    public var description: String {
        let users = holdout.users.count
        return "\(metric) for "
            + (users < heldOut ? "\(users.grouped) of \(heldOut.grouped) users" : "\(users.grouped) users")
            + (every > 1 ? ", every \(every) epochs" : "")
    }
}

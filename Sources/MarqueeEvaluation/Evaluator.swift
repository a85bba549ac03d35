internal import CMarqueeKernels
public import MarqueeData
public import MarqueeRuntime

/// Judges scorers on one holdout in one protocol.
///
///     let evaluator = try Evaluator(
///         holdout: split.test, candidates: .sampled(negatives), seen: train, metrics: [Metric("HR@10")])
///     let result = try evaluator.evaluate(model)
///     print(result.protocol, result[Metric(.hitRatio, at: 10)] ?? 0)
///
/// In `full` every item is a candidate but those the user has seen; in `sampled` the user's targets and
/// frozen negatives are. Either way candidates are a set, targets always belong to it, and a negative
/// that is a target is no rival (the published negatives of ml-1m hold 156 such).
public struct Evaluator: Sendable {
    public let holdout: Holdout
    public let candidates: CandidateProtocol
    /// What is masked in `full`: training items and, when testing, validation items.
    public let seen: InteractionMatrix
    public let metrics: [Metric]
    public let `protocol`: EvaluationProtocol

    /// - Parameter masking: what `seen` holds, for captions: `train`, `train and validation`.
    /// - Throws: ``EvaluationError`` when holdout, negatives and `seen` do not belong together.
    public init(
        holdout: Holdout, candidates: CandidateProtocol, seen: InteractionMatrix, metrics: [Metric],
        masking: String = "seen items"
    ) throws(EvaluationError) {
        guard let lastUser = holdout.users.last else { throw .emptyHoldout }
        guard Int(lastUser) < seen.rowCount else {
            throw .outOfRange(what: "held-out user", index: lastUser, count: seen.rowCount)
        }
        let itemCount = Int32(seen.columnCount)
        if let item = holdout.items.first(where: { !(0..<itemCount).contains($0) }) {
            throw .outOfRange(what: "held-out item", index: item, count: seen.columnCount)
        }
        if case .sampled(let frozen) = candidates {
            guard frozen.rows.count == holdout.users.count else {
                throw .negativesMismatch(name: frozen.name, rows: frozen.rows.count, users: holdout.users.count)
            }
            for row in frozen.rows {
                if let item = row.first(where: { !(0..<itemCount).contains($0) }) {
                    throw .outOfRange(what: "negative item", index: item, count: seen.columnCount)
                }
            }
        }
        self.holdout = holdout
        self.candidates = candidates
        self.seen = seen
        self.metrics = metrics
        self.protocol = EvaluationProtocol(holdout: holdout, candidates: candidates, seen: seen, masking: masking)
    }

    /// The metrics of every held-out user, in parallel over users; the same for any worker count.
    ///
    /// `full` scores blocks of whole rows, about four megabytes at a time, and counts for each target
    /// the scores above and equal: O(items) a target beyond scoring, O(candidates) in `sampled`.
    /// - Throws: ``EvaluationError`` for a score that is not a number, ``Interrupted``.
    public func evaluate(
        _ scorer: some Scorer, pool: WorkerPool = .shared, progress: any ProgressObserver = SilentProgress()
    ) throws -> EvaluationResult {
        guard scorer.userCount >= seen.rowCount else {
            throw EvaluationError.outOfRange(what: "user", index: Int32(seen.rowCount - 1), count: scorer.userCount)
        }
        guard scorer.itemCount >= seen.columnCount else {
            throw EvaluationError.outOfRange(what: "item", index: Int32(seen.columnCount - 1), count: scorer.itemCount)
        }
        fatalError()
    }
}

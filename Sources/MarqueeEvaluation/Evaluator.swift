public import MarqueeData
public import MarqueeRuntime

/// Judges scorers on one holdout in one protocol.
///
///     let evaluator = try Evaluator(
///         holdout: split.test, candidates: .sampled(negatives), seen: train, metrics: [Metric("HR@10")])
///     let result = try evaluator.evaluate(model)
///     print(result.protocol, result[Metric(.hitRatio, at: 10)] ?? 0)
///
/// In `full` every item is a candidate but those the user has seen, in `part` every such item of a part; in `sampled`
/// the user's targets and frozen negatives are. Either way candidates are a set, targets always belong to it, and a negative
/// that is a target is no rival (the published negatives of ml-1m hold 156 such). In `rated` the held-out items are
/// judged among one another, by what they were rated.
public struct Evaluator: Sendable {
    public let holdout: Holdout
    public let candidates: CandidateProtocol
    /// What is masked in `full`: training items and, when testing, validation items.
    public let seen: InteractionMatrix
    public let metrics: [Metric]
    public let `protocol`: EvaluationProtocol

    /// - Parameters:
    ///   - masking: what `seen` holds, for captions: `train`, `train and validation`.
    ///   - auxiliary: what the split did with other behaviors, for captions.
    /// - Throws: ``EvaluationError`` when holdout, negatives and `seen` do not belong together.
    public init(
        holdout: Holdout, candidates: CandidateProtocol, seen: InteractionMatrix, metrics: [Metric],
        masking: String = "seen items", auxiliary: Auxiliary? = nil
    ) throws(EvaluationError) {
        guard let lastUser = holdout.users.last else { throw .emptyHoldout }
        guard Int(lastUser) < seen.rowCount else {
            throw .outOfRange(what: "held-out user", index: lastUser, count: seen.rowCount)
        }
        let itemCount = Int32(seen.columnCount)
        if let item = holdout.items.first(where: { !(0..<itemCount).contains($0) }) {
            throw .outOfRange(what: "held-out item", index: item, count: seen.columnCount)
        }
        if case .part(let name, let items) = candidates {
            if let item = items.first(where: { !(0..<itemCount).contains($0) }) {
                throw .outOfRange(what: "candidate item", index: item, count: seen.columnCount)
            }
            let part = Set(items)
            if let item = holdout.items.first(where: { !part.contains($0) }) {
                throw .outsidePart(item: item, part: name)
            }
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
        if case .perTarget(let frozen) = candidates {
            guard frozen.rows.count == holdout.items.count else {
                throw .negativesMismatch(name: frozen.name, rows: frozen.rows.count, users: holdout.items.count)
            }
            if let item = frozen.rows.joined().first(where: { !(0..<itemCount).contains($0) }) {
                throw .outOfRange(what: "negative item", index: item, count: seen.columnCount)
            }
        }
        if case .rated = candidates {
            guard !holdout.ratings.isEmpty else { throw .noRatings }
            if let metric = metrics.first(where: { !$0.kind.judgesRatings }) { throw .notOfRatings(metric) }
        } else if let metric = metrics.first(where: \.kind.isError) {
            throw .onlyOfRatings(metric)
        }
        self.holdout = holdout
        self.candidates = candidates
        self.seen = seen
        self.metrics = metrics
        self.protocol = EvaluationProtocol(
            holdout: holdout, candidates: candidates, seen: seen, masking: masking, auxiliary: auxiliary)
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
        if case .rated(let liked) = candidates { return try evaluateRatings(scorer, liked: liked, pool: pool) }
        var longest = seen.columnCount
        // With items drawn twice there may be more candidates than items.
        if case .perTarget(let frozen) = candidates {
            longest = max(longest, 1 + (frozen.rows.map(\.count).max() ?? 0))
        }
        let sums = RankSums(upTo: longest)
        let blockSize = usersPerBlock
        let users = holdout.users
        let finished = Counter()
        let part = partIndices
        let blocks = try pool.map(
            (users.count + blockSize - 1) / blockSize, scratch: { Scratch(itemCount: seen.columnCount) }
        ) { scratch, block in
            try Interruption.check()
            let range = block * blockSize..<min((block + 1) * blockSize, users.count)
            var values: [Double] = []
            values.reserveCapacity(range.count * metrics.count)
            if case .perTarget(let frozen) = candidates {
                for k in range {
                    values += try means(of: k, among: frozen, by: scorer, scratch: &scratch, sums: sums)
                }
            } else {
                try forEachRanking(of: range, by: scorer, part: part, scratch: &scratch) { ranking in
                    for metric in metrics { values.append(ranking.expectation(of: metric, sums: sums)) }
                }
            }
            progress.advance(
                "evaluate", completed: finished.add(range.count), total: users.count, unit: "users", figures: [])
            return values
        }
        let byUser = blocks.joined()
        var values = metrics.map { _ in [Double]() }
        for index in values.indices { values[index].reserveCapacity(users.count) }
        for (index, value) in byUser.enumerated() { values[index % metrics.count].append(value) }
        var weights: [Double]?
        if case .perTarget = candidates { weights = users.indices.map { Double(holdout[$0].count) } }
        return EvaluationResult(
            protocol: self.protocol, metrics: metrics, users: users, values: values, weights: weights)
    }
}

extension Evaluator {
    /// The same of a model that is asked for each held-out user by history alone: row u of `histories` is user u's.
    public func evaluate(
        _ model: some HistoryScorer, asked histories: UserHistories, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> EvaluationResult {
        try evaluate(model.answering(histories), pool: pool, progress: progress)
    }
}

extension Evaluator {
    /// What a worker keeps from block to block.
    private struct Scratch {
        var scores: [Float] = []
        var candidates: [Int32] = []
        var masked: [Int32] = []
        var targetScores: [Float] = []
        var ranking = TargetRanking()
        /// For each item the last user that it was marked for; spares clearing a set.
        var marks: [Int32]

        init(itemCount: Int) { marks = Array(repeating: -1, count: itemCount) }

        mutating func reserve(scores count: Int) {
            if scores.count < count { scores = Array(repeating: 0, count: count) }
        }

        /// Marks `item` for `user`; false when it was already.
        mutating func mark(_ item: Int32, for user: Int32) -> Bool {
            defer { marks[Int(item)] = user }
            return marks[Int(item)] != user
        }

        /// Ranks the targets among the scores in `place` but the masked; false when some score there is
        /// not a number.
        mutating func rank(among place: Range<Int>) -> Bool {
            scores.withUnsafeBufferPointer { buffer in
                ranking.rank(&targetScores, among: UnsafeBufferPointer(rebasing: buffer[place]), without: masked)
            }
        }
    }

    /// Independent of the worker count, since the shape of a block may decide a score's last bit.
    private var usersPerBlock: Int {
        switch candidates {
        case .full, .part: min(max((1 << 20) / max(seen.columnCount, 1), 1), 256)
        case .sampled, .perTarget, .rated: 64
        }
    }

    /// In `part`, where each item stands among the candidates, -1 for those that are none; else empty.
    private var partIndices: [Int32] {
        guard case .part(_, let items) = candidates else { return [] }
        var indices = [Int32](repeating: -1, count: seen.columnCount)
        for (index, item) in items.enumerated() { indices[Int(item)] = Int32(index) }
        return indices
    }

    private func forEachRanking(
        of range: Range<Int>, by scorer: some Scorer, part: [Int32], scratch: inout Scratch,
        _ body: (TargetRanking) -> Void
    ) throws(EvaluationError) {
        switch candidates {
        case .full:
            let itemCount = seen.columnCount
            scratch.reserve(scores: range.count * itemCount)
            var span = scratch.scores.mutableSpan
            scorer.score(users: Array(holdout.users[range]), items: 0..<itemCount, into: &span)
            for (row, k) in range.enumerated() {
                let user = holdout.users[k]
                let place = row * itemCount..<(row + 1) * itemCount
                scratch.masked.removeAll(keepingCapacity: true)
                scratch.targetScores.removeAll(keepingCapacity: true)
                for item in holdout[k] where scratch.mark(item, for: user) {
                    scratch.targetScores.append(scratch.scores[place.lowerBound + Int(item)])
                }
                for item in seen[user] where scratch.mark(item, for: user) { scratch.masked.append(item) }
                guard scratch.rank(among: place) else { throw notANumber(user, scratch.scores[place]) { Int32($0) } }
                body(scratch.ranking)
            }
        case .part(_, let listed):
            let itemCount = seen.columnCount
            // The block's scores, then the candidates' of one user.
            scratch.reserve(scores: range.count * itemCount + listed.count)
            var span = scratch.scores.mutableSpan
            scorer.score(users: Array(holdout.users[range]), items: 0..<itemCount, into: &span)
            let place = range.count * itemCount..<range.count * itemCount + listed.count
            for (row, k) in range.enumerated() {
                let user = holdout.users[k]
                for (index, item) in listed.enumerated() {
                    scratch.scores[place.lowerBound + index] = scratch.scores[row * itemCount + Int(item)]
                }
                scratch.masked.removeAll(keepingCapacity: true)
                scratch.targetScores.removeAll(keepingCapacity: true)
                for item in holdout[k] where scratch.mark(item, for: user) {
                    scratch.targetScores.append(scratch.scores[row * itemCount + Int(item)])
                }
                for item in seen[user] where part[Int(item)] >= 0 && scratch.mark(item, for: user) {
                    scratch.masked.append(part[Int(item)])
                }
                guard scratch.rank(among: place) else { throw notANumber(user, scratch.scores[place]) { listed[$0] } }
                body(scratch.ranking)
            }
        case .sampled(let frozen):
            for k in range {
                let user = holdout.users[k]
                scratch.candidates.removeAll(keepingCapacity: true)
                for item in holdout[k] where scratch.mark(item, for: user) { scratch.candidates.append(item) }
                for item in frozen.rows[k] where scratch.mark(item, for: user) { scratch.candidates.append(item) }
                let listed = scratch.candidates
                let place = 0..<listed.count
                scratch.reserve(scores: place.count)
                var span = scratch.scores.mutableSpan
                scorer.score(user: user, candidates: listed, into: &span)
                scratch.targetScores.removeAll(keepingCapacity: true)
                scratch.targetScores.append(contentsOf: scratch.scores[0..<holdout[k].count])
                guard scratch.rank(among: place) else {
                    throw notANumber(user, scratch.scores[place]) { listed[$0] }
                }
                body(scratch.ranking)
            }
        case .perTarget, .rated: break  // Targets are not ranked together.
        }
    }

    /// Of the k-th user, each metric's mean over rankings of one target each.
    private func means(
        of k: Int, among frozen: FrozenNegatives, by scorer: some Scorer, scratch: inout Scratch, sums: RankSums
    ) throws(EvaluationError) -> [Double] {
        let user = holdout.users[k]
        let targets = holdout.offsets[k]..<holdout.offsets[k + 1]
        let listed = targets.flatMap { [holdout.items[$0]] + frozen.rows[$0] }
        scratch.reserve(scores: listed.count)
        var span = scratch.scores.mutableSpan
        scorer.score(user: user, candidates: listed, into: &span)
        scratch.masked.removeAll(keepingCapacity: true)
        var (means, start) = (metrics.map { _ in 0.0 }, 0)
        for target in targets {
            let place = start..<start + 1 + frozen.rows[target].count
            scratch.targetScores.removeAll(keepingCapacity: true)
            scratch.targetScores.append(scratch.scores[start])
            guard scratch.rank(among: place) else {
                throw notANumber(user, scratch.scores[place]) { listed[start + $0] }
            }
            for (m, metric) in metrics.enumerated() {
                means[m] += scratch.ranking.expectation(of: metric, sums: sums) / Double(targets.count)
            }
            start = place.upperBound
        }
        return means
    }

    private func notANumber(
        _ user: Int32, _ scores: ArraySlice<Float>, item: (Int) -> Int32
    ) -> EvaluationError {
        let place = scores.firstIndex(where: \.isNaN) ?? scores.startIndex
        return .notANumber(user: user, item: item(place - scores.startIndex))
    }
}

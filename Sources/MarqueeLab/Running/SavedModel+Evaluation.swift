public import MarqueeData
public import MarqueeEvaluation
public import MarqueeModels
public import MarqueeRuntime

extension SavedModel {
    /// Judges a saved model on the test part of a split of data that need not be numbered as the
    /// model's: users and items are matched by their outside ids, and those unknown to the model are left out.
    ///
    /// Masked is what an experiment masks, the split's training and validation data, and what the model learned from.
    /// Users of a split that holds out whole users are asked for by their histories, and these are masked.
    /// - Throws: ``SavedModelEvaluationError/sawTheTest(_:of:)`` when the model learned from what it would
    ///   be asked; `EvaluationError`.
    public func evaluate(
        on split: Split, config: ProtocolConfig, seed: UInt64 = 1, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> EvaluationResult {
        if let given = split.given {
            return try evaluate(
                on: split, given: given.test, config: config, seed: seed, pool: pool, progress: progress)
        }
        let userIndex = split.train.userVocabulary.ids.map { users.index(of: $0) }
        let itemIndex = split.train.itemVocabulary.ids.map { items.index(of: $0) }
        var pairs: [(user: Int32, item: Int32, rating: Float)] = []
        var unknown = 0
        for (k, user) in split.test.users.enumerated() {
            for index in split.test.offsets[k]..<split.test.offsets[k + 1] {
                if let user = userIndex[Int(user)], let item = itemIndex[Int(split.test.items[index])] {
                    pairs.append((user, item, split.test.ratings.isEmpty ? 0 : split.test.ratings[index]))
                } else {
                    unknown += 1
                }
            }
        }
        if unknown > 0 {
            progress.note(
                "\(unknown.grouped) of \(split.test.items.count.grouped) targets are unknown to the model and left out")
        }
        guard !pairs.isEmpty else { throw SavedModelEvaluationError.nothingKnown }
        let seenTargets = pairs.count { history.contains($0.user, $0.item) }
        guard seenTargets == 0 else { throw SavedModelEvaluationError.sawTheTest(seenTargets, of: pairs.count) }
        // Validation data that the model was not trained on are no wrong answers either.
        let seen = split.seen
        let others = Holdout(
            pairs: (0..<Int32(seen.rowCount)).flatMap { row -> [(user: Int32, item: Int32)] in
                guard let user = userIndex[Int(row)] else { return [] }
                return seen[row].compactMap { item in itemIndex[Int(item)].map { (user, $0) } }
            })
        let known = history.joined(
            InteractionMatrix(others, rowCount: history.rowCount, columnCount: history.columnCount))
        let ratings = split.test.ratings
        let holdout =
            ratings.isEmpty ? Holdout(pairs: pairs.map { ($0.user, $0.item) }) : Holdout(rated: pairs)
        let candidates: CandidateProtocol
        switch config.candidates {
        case .full: candidates = .full
        case .sampled(let count):
            let own = Split(name: split.name, train: log(of: known), test: holdout)
            candidates = .sampled(.uniform(count, for: holdout, of: own, seed: seed))
        case .perTarget(let count):
            let own = Split(name: split.name, train: log(of: history), test: holdout)
            candidates = .perTarget(.perTarget(count, for: holdout, of: own, seed: seed))
        case .given:
            guard let given = split.testNegatives else { throw SavedModelEvaluationError.noNegatives }
            // Rows follow users, and users may stand in another order in the model.
            var rows: [Int32: [Int32]] = [:]
            for (k, user) in split.test.users.enumerated() {
                if let user = userIndex[Int(user)] { rows[user] = given.rows[k].compactMap { itemIndex[Int($0)] } }
            }
            candidates = .sampled(FrozenNegatives(name: given.name, rows: holdout.users.map { rows[$0] ?? [] }))
        case .rated(let settings): candidates = .rated(liked: settings.liked)
        case .offered: throw SavedModelEvaluationError.noWorld
        case .shown: throw SavedModelEvaluationError.noImpressions
        }
        let evaluator = try Evaluator(
            holdout: holdout, candidates: candidates, seen: known, metrics: try config.resolvedMetrics(),
            masking: split.masking, auxiliary: split.auxiliary)
        return try evaluator.evaluate(model, pool: pool, progress: progress)
    }

    /// The pairs of a matrix as interactions.
    private func log(of matrix: InteractionMatrix) -> InteractionLog {
        var log = InteractionLog(userVocabulary: users, itemVocabulary: items)
        for user in 0..<Int32(matrix.rowCount) {
            for item in matrix[user] {
                log.users.append(user)
                log.items.append(item)
            }
        }
        return log
    }

    /// Judges on users whom the model need not know. What they are given, and behaviors, are matched by outside names.
    private func evaluate(
        on split: Split, given: InteractionLog, config: ProtocolConfig, seed: UInt64, pool: WorkerPool,
        progress: any ProgressObserver
    ) throws -> EvaluationResult {
        guard let scorer = model.historyScorer else { throw EvaluationError.knowsOnlyItsUsers }
        let itemIndex = given.itemVocabulary.ids.map { items.index(of: $0) }
        let behaviorIndex = given.behaviorNames.map { name in
            // What data of one behavior calls it is of no matter.
            behaviorNames.firstIndex(of: name) ?? (behaviorNames.count + given.behaviorNames.count == 2 ? 0 : nil)
        }
        let rows = (0..<given.count).filter {
            itemIndex[Int(given.items[$0])] != nil && behaviorIndex[Int(given.behavior(of: $0))] != nil
        }
        var log = given.selecting(rows)
        log.behaviors = (0..<log.count).map { UInt8(behaviorIndex[Int(log.behavior(of: $0))] ?? 0) }
        log.items = log.items.map { itemIndex[Int($0)] ?? 0 }
        (log.itemVocabulary, log.behaviorNames, log.target) = (items, behaviorNames, target)
        let pairs = split.test.users.enumerated().flatMap { k, user in
            split.test[k].compactMap { itemIndex[Int($0)] }.map { (user: user, item: $0) }
        }
        guard !pairs.isEmpty else { throw SavedModelEvaluationError.nothingKnown }
        let learned = pairs.count { pair in
            users.index(of: given.userVocabulary[pair.user]).map { history.contains($0, pair.item) } ?? false
        }
        guard learned == 0 else { throw SavedModelEvaluationError.sawTheTest(learned, of: pairs.count) }
        let holdout = Holdout(pairs: pairs)
        let candidates: CandidateProtocol
        switch config.candidates {
        case .full: candidates = .full
        case .sampled(let count):
            let own = Split(name: split.name, train: log, test: holdout)
            candidates = .sampled(.uniform(count, for: holdout, of: own, seed: seed))
        case .perTarget(let count):
            let own = Split(name: split.name, train: log, test: holdout)
            candidates = .perTarget(.perTarget(count, for: holdout, of: own, seed: seed))
        case .given: throw SavedModelEvaluationError.noNegatives
        case .rated: throw EvaluationError.noRatings
        case .offered: throw SavedModelEvaluationError.noWorld
        case .shown: throw SavedModelEvaluationError.noImpressions
        }
        let evaluator = try Evaluator(
            holdout: holdout, candidates: candidates, seen: InteractionMatrix(log.targets),
            metrics: try config.resolvedMetrics(), masking: split.masking, auxiliary: split.auxiliary)
        return try evaluator.evaluate(scorer, asked: UserHistories(log), pool: pool, progress: progress)
    }
}

/// A saved model that cannot be judged on this data.
public enum SavedModelEvaluationError: Error, Equatable, CustomStringConvertible {
    case sawTheTest(Int, of: Int)
    case nothingKnown
    case noNegatives
    case noWorld
    case noImpressions

    public var description: String {
        switch self {
        case .sawTheTest(let seen, let all):
            "the model learned from \(seen) of the \(all) held-out interactions, so its figures would say nothing; "
                + "train it with the same --split"
        case .nothingKnown: "the model knows none of the held-out users and items; is it of this data?"
        case .noWorld:
            "what the media world offers is asked in an experiment; use --candidates full or '{ sampled: 99 }'"
        case .noNegatives: "no negatives came with the data; use --candidates full or '{ sampled: 99 }'"
        case .noImpressions:
            "'shown' is asked of impressions by an experiment; use --candidates full or '{ sampled: 99 }'"
        }
    }
}

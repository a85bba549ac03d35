internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// What a click model learns from: questions with what came of them, each seeing only what was known before it.
///
/// Where impressions were logged, they are the examples. Where only interactions are known, examples are made: each of a
/// user's events of the target behavior is asked for among `train.negatives` items drawn at random that the user never
/// did that to, anew every epoch, with the history before it.
struct ClickExamples: Sendable {
    private enum Source {
        case shown(ImpressionLog, dwell: DwellQuantiles?, meanWeight: Float)
        /// Users and the places of events in their histories.
        case made(users: [Int32], places: [Int32], seen: InteractionMatrix, hasTimes: Bool)
    }

    private let source: Source
    /// Every user's events that count.
    private let histories: UserHistories
    private let objective: ClickObjective
    private let counted: ClickInputs.Counted
    private let negatives: Int
    private let itemCount: Int
    private let behaviors: HistoryWeights
    private let seed: UInt64

    let count: Int

    init(
        _ config: some ClickConfig, _ data: TrainingSet, histories: UserHistories, behaviors: HistoryWeights,
        seed: UInt64
    ) {
        self.histories = histories
        self.behaviors = behaviors
        self.seed = seed
        objective = config.objective
        counted = config.inputs.counted
        negatives = config.train.negatives
        itemCount = data.itemCount
        if let log = data.impressions?.training {
            let known = log.propensities.filter { $0 > 0 }
            let mean = known.reduce(0) { $0 + 1 / $1 } / Float(max(1, known.count))
            source = .shown(log, dwell: DwellQuantiles(log), meanWeight: mean)
            count = log.count
            return
        }
        var (users, places) = ([Int32](), [Int32]())
        for user in 0..<Int32(histories.userCount) {
            let history = histories[user]
            for (place, event) in history.enumerated() where Int(event.behavior) == data.target {
                users.append(user)
                places.append(Int32(place))
            }
        }
        source = .made(
            users: users, places: places, seen: data.interactions, hasTimes: !data.log.timestamps.isEmpty)
        count = users.count
    }

    /// How many candidates an occasion has. O(1).
    func candidateCount(_ index: Int) -> Int {
        switch source {
        case .shown(let log, _, _): log.candidates(of: index).count
        case .made: 1 + negatives
        }
    }

    /// How often each item is read in an epoch, by order of magnitude: n_j of the penalty.
    func occurrences() -> [Float] {
        var counts = [Float](repeating: 1, count: itemCount)
        for item in histories.items { counts[Int(item)] += 1 }
        if case .shown(let log, _, _) = source { for item in log.items { counts[Int(item)] += 1 } }
        return counts
    }

    subscript(index: Int, epoch epoch: Int) -> Occasion {
        switch source {
        case .shown(let log, let dwell, let mean): shown(log, dwell, mean, index)
        case .made(let users, let places, let seen, let hasTimes):
            made(users[index], Int(places[index]), seen, hasTimes, index, epoch)
        }
    }

    private func shown(_ log: ImpressionLog, _ quantiles: DwellQuantiles?, _ mean: Float, _ index: Int) -> Occasion {
        let rows = log.candidates(of: index)
        let history = log.history(of: index)
        var occasion = Occasion(
            history: behaviors.weights == [1] ? history : History(history.filter { behaviors.counts($0.behavior) }),
            context: log.context(of: index), items: Array(log.items[rows]), known: .then)
        // Without times the impressions' order is the only one there is.
        if log.timestamps.isEmpty { occasion.context.time = Int64(index) }
        occasion.labels = rows.map { log.clicked[$0] ? 1 : 0 }
        occasion.positions = rows.map { log.position(of: $0, in: index) + 1 }
        occasion.weights = rows.map { row in
            var weight: Float = 1
            if objective.weighting == .propensity, !log.propensities.isEmpty, log.propensities[row] > 0 {
                weight = min(1 / log.propensities[row] / mean, objective.clip)
            }
            if !log.clicked[row], !log.seen.isEmpty, !log.seen[row].isNaN { weight *= log.seen[row] }
            return weight
        }
        occasion.dwell = rows.map { row in
            guard let quantiles, log.dwell[row] >= 0 else { return .nan }
            return quantiles.quantile(log.dwell[row], length: log.lengths.isEmpty ? -1 : log.lengths[row])
        }
        return occasion
    }

    private func made(
        _ user: Int32, _ place: Int, _ seen: InteractionMatrix, _ hasTimes: Bool, _ index: Int, _ epoch: Int
    ) -> Occasion {
        let whole = histories[user]
        let event = whole[whole.startIndex + place]
        var random = RandomStream(seed: seed, "click negatives", epoch &* count &+ index)
        var items = [event.item]
        for _ in 0..<negatives { items.append(unseen(by: user, seen, &random)) }
        var occasion = Occasion(
            history: whole.prefix(place), context: RequestContext(time: hasTimes ? event.time : Int64(place + 1)),
            items: items)
        switch counted {
        case .then: occasion.known = .then
        case .others: occasion.known = .others(than: whole)
        }
        occasion.labels = items.indices.map { $0 == 0 ? 1 : 0 }
        occasion.weights = items.map { _ in 1 }
        occasion.dwell = items.map { _ in .nan }
        occasion.positions = items.map { _ in 0 }
        return occasion
    }

    /// A random item that the user has not done the target behavior to; any where 32 draws found none.
    private func unseen(by user: Int32, _ seen: InteractionMatrix, _ random: inout RandomStream) -> Int32 {
        var item: Int32 = 0
        for _ in 0..<32 {
            item = Int32(truncatingIfNeeded: random.next() % UInt64(itemCount))
            if !seen.contains(user, item) { break }
        }
        return item
    }
}

extension TrainingSet {
    /// Of histories that count, when each event was known: its time, or its place where no times are known.
    static func clock(of histories: UserHistories) -> [Int64] {
        guard histories.times.isEmpty else { return histories.times }
        var clock: [Int64] = []
        for user in 0..<Int32(histories.userCount) { clock += (0..<histories[user].count).map { Int64($0 + 1) } }
        return clock
    }
}

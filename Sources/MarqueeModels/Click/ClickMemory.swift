internal import Foundation
internal import MarqueeData
internal import MarqueeTensor

/// What was counted, up to any moment: clicks and showings of items, which attributes they have, and what came after what.
/// Every ``ClickSignal`` is read from it.
struct ClickMemory: Sendable {
    /// What of it a question may know.
    enum Known {
        /// What had happened before the question: of examples to learn from.
        case then
        /// What other people did, whenever it was: the whole memory without the own part of this history.
        case others(than: History)
        /// Clicks and showings before the question, of what came after what everything: of whoever asks a fitted model.
        case now
    }

    let itemCount: Int
    private var clicks, shown: EventTimes
    /// A thirtieth of the time that is spanned, from an hour to thirty days, in milliseconds.
    private let recent: Int64
    /// C[a, i], and the same by i.
    private let followers, followed: InteractionMatrix
    /// The same as of any moment; nil in a model that was loaded, which has nothing left to learn.
    private let following: FollowingTimes?
    /// Items × attributes, rows of length 1, rare attributes weighing more.
    private let attributes: InteractionMatrix

    /// - Parameters:
    ///   - histories: what is counted, every event of it, with a clock: when each was known.
    ///   - shown: which items were shown when; nil where nobody knows.
    init(
        _ histories: UserHistories, clock: [Int64], shown: (items: [Int32], times: [Int64])?,
        attributes: InteractionMatrix, itemCount: Int
    ) {
        self.itemCount = itemCount
        clicks = EventTimes(items: histories.items, times: clock, itemCount: itemCount)
        self.shown = EventTimes(items: shown?.items ?? [], times: shown?.times ?? [], itemCount: itemCount)
        let known = clock.filter { $0 > 0 } + (shown?.times ?? [])
        let span = (known.max() ?? 0) - (known.min() ?? 0)
        recent = min(max(span / 30, 3_600_000), 30 * 86_400_000)
        let following = FollowingTimes(histories, itemCount: itemCount, clock: clock)
        followers = following.totals
        followed = followers.transposed()
        self.following = following
        self.attributes = attributes.weightedByRarity()
    }

    /// The same, which has seen these impressions too.
    func observing(_ log: ImpressionLog) -> ClickMemory {
        guard !log.timestamps.isEmpty else { return self }
        var memory = self
        let (all, clicked) = (log.showings(), log.showings { log.clicked[$0] })
        memory.shown = shown.adding(items: all.items, times: all.times)
        memory.clicks = clicks.adding(items: clicked.items, times: clicked.times)
        return memory
    }

    // MARK: Signals

    /// Writes the signals of each of `items`, row-major, [items, signals].
    ///
    /// - Parameters:
    ///   - whole: all of the history, of which the newest `read` events are looked at for what came after what.
    ///   - time: the moment of the question; nil for now.
    func write(
        _ signals: [ClickSignal], of items: [Int32], history whole: History, read: Int, at time: Int64?, _ known: Known,
        into row: (_ index: Int, _ value: Float) -> Void
    ) {
        let history = whole.suffix(read)
        let moment: Int64
        if case .others = known { moment = .max } else { moment = time ?? .max }
        let columns = signals.map { signal -> [Float] in
            switch signal {
            case .popularity: popularity(items, moment, known)
            case .recent: recentClicks(items, time)
            case .clickRate: clickRates(items, moment)
            case .recency: items.map { item in -log1p(hours(item, at: time)) }
            case .affinity: affinities(items, history)
            case .transitions: transitions(items, history, moment, known)
            case .coOccurrence: coOccurrences(items, history, moment, known)
            case .repeats: items.map { item in log1p(Float(whole.items.count { $0 == item })) }
            case .activity: [Float](repeating: log1p(Float(whole.count)), count: items.count)
            }
        }
        for (k, column) in columns.enumerated() {
            for (j, value) in column.enumerated() { row(j * signals.count + k, value) }
        }
    }

    /// Clicks of an item, without the own ones.
    private func count(_ item: Int32, _ moment: Int64, _ known: Known) -> Float {
        let all = Float(clicks.count(item, before: moment))
        guard case .others(let own) = known else { return all }
        return max(0, all - Float(own.items.count { $0 == item }))
    }

    private func popularity(_ items: [Int32], _ moment: Int64, _ known: Known) -> [Float] {
        let mean = Float(clicks.count) / Float(max(1, itemCount))
        return items.map { log((1 + count($0, moment, known)) / (1 + mean)) }
    }

    private func recentClicks(_ items: [Int32], _ time: Int64?) -> [Float] {
        guard let time else { return items.map { _ in 0 } }
        return items.map {
            log1p(Float(clicks.count($0, before: time) - clicks.count($0, before: time - recent)))
        }
    }

    private func clickRates(_ items: [Int32], _ moment: Int64) -> [Float] {
        guard !shown.isEmpty else { return items.map { _ in 0 } }
        let mean = min(1, Float(clicks.count) / Float(shown.count))
        return items.map { item in
            let showings = Float(shown.count(item, before: moment))
            let own = min(showings, Float(clicks.count(item, before: moment)))
            return log((own + 10 * mean + 1e-3) / (showings + 10))
        }
    }

    private func hours(_ item: Int32, at time: Int64?) -> Float {
        guard let time, let first = [clicks.first(item), shown.first(item)].compactMap(\.self).min(), first < time
        else { return 0 }
        return Float(time - first) / 3_600_000
    }

    private func affinities(_ items: [Int32], _ history: History) -> [Float] {
        guard attributes.entryCount > 0, !history.isEmpty else { return items.map { _ in 0 } }
        var mean: [Int32: Float] = [:]
        for item in history.items {
            for (attribute, weight) in zip(attributes[item], attributes.values(of: item)) {
                mean[attribute, default: 0] += weight / Float(history.count)
            }
        }
        return items.map { item in
            zip(attributes[item], attributes.values(of: item)).reduce(0) { $0 + $1.1 * (mean[$1.0] ?? 0) }
        }
    }

    // MARK: What came after what

    private static let recency: Float = 0.8

    private func transitions(_ items: [Int32], _ history: History, _ moment: Int64, _ known: Known) -> [Float] {
        var weight: Float = 1
        let weights = history.map { _ -> Float in
            defer { weight *= Self.recency }
            return weight
        }
        let sums = sums(items, history, weights.reversed(), moment, known, forward: true, backward: false) { n in
            1 / n.squareRoot()
        }
        return zip(items, sums).map { item, sum in log(0.02 + sum / pow(max(1, count(item, moment, known)), 0.3)) }
    }

    private func coOccurrences(_ items: [Int32], _ history: History, _ moment: Int64, _ known: Known) -> [Float] {
        let weight = 1 / Float(max(1, history.count)).squareRoot()
        let sums = sums(
            items, history, history.map { _ in weight }, moment, known, forward: true, backward: true
        ) { n in 1 / n.squareRoot() }
        return zip(items, sums).map { item, sum in
            log(0.02 + sum / max(1, count(item, moment, known)).squareRoot())
        }
    }

    /// Σ over the history's events a of weight · damping(count(a)) · (C[a, i], forward, plus C[i, a], backward).
    private func sums(
        _ items: [Int32], _ history: History, _ weights: [Float], _ moment: Int64, _ known: Known, forward: Bool,
        backward: Bool, _ damping: (Float) -> Float
    ) -> [Float] {
        let weighted = zip(history.items, weights).map { event, weight in
            (event, weight * damping(max(1, count(event, moment, known))))
        }
        if case .then = known, let following {
            return items.map { item in
                weighted.reduce(0) { sum, event in
                    sum
                        + event.1
                        * ((forward ? following.weight(event.0, item, before: moment) : 0)
                            + (backward ? following.weight(item, event.0, before: moment) : 0))
                }
            }
        }
        var sums: [Float]
        if items.count * 4 < itemCount / 16 || weighted.isEmpty {
            sums = items.map { item in
                weighted.reduce(0) { sum, event in
                    sum
                        + event.1
                        * ((forward ? followers.value(event.0, item) : 0)
                            + (backward ? followers.value(item, event.0) : 0))
                }
            }
        } else {
            var all = [Float](repeating: 0, count: itemCount)
            for (event, weight) in weighted {
                if forward { Self.add(followers, event, weight, to: &all) }
                if backward { Self.add(followed, event, weight, to: &all) }
            }
            sums = items.map { all[Int($0)] }
        }
        if case .others(let own) = known {
            for (k, item) in items.enumerated() {
                for place in own.indices where own[place].item == item {
                    sums[k] -= Self.own(own, place, weighted, forward: forward, backward: backward)
                }
                sums[k] = max(0, sums[k])
            }
        }
        return sums
    }

    private static func add(_ matrix: InteractionMatrix, _ row: Int32, _ weight: Float, to sums: inout [Float]) {
        for (item, value) in zip(matrix[row], matrix.values(of: row)) { sums[Int(item)] += weight * value }
    }

    /// What a history itself added to the sums of the item that it has at `place`.
    private static func own(
        _ own: History, _ place: Int, _ weighted: [(Int32, Float)], forward: Bool, backward: Bool
    ) -> Float {
        let first = max(own.startIndex, place - FollowingTimes.window)
        let last = min(own.endIndex - 1, place + FollowingTimes.window)
        var sum: Float = 0
        for other in first...last where other != place && (other < place ? forward : backward) {
            let weight = FollowingTimes.weights[abs(other - place) - 1]
            for event in weighted where event.0 == own[other].item { sum += event.1 * weight }
        }
        return sum
    }

    // MARK: Files

    func save(to artifact: inout Artifact) {
        clicks.save(to: &artifact, "memory.clicks")
        shown.save(to: &artifact, "memory.shown")
        artifact.tensors["memory.recent"] = StoredTensor([recent])
        artifact.store(followers, "memory.followers")
        artifact.store(attributes, "memory.attributes")
    }

    init(from artifact: borrowing Artifact, itemCount: Int) throws {
        self.itemCount = itemCount
        clicks = try EventTimes(from: artifact, "memory.clicks", itemCount: itemCount)
        shown = try EventTimes(from: artifact, "memory.shown", itemCount: itemCount)
        guard let recent = try artifact.tensors["memory.recent"]?.longIntegers().first else {
            throw ModelError.badArtifact(path: "memory.recent", reason: "tensor is missing")
        }
        self.recent = recent
        followers = try artifact.matrix("memory.followers")
        attributes = try artifact.matrix("memory.attributes")
        guard followers.rowCount == itemCount, followers.columnCount == itemCount, attributes.rowCount == itemCount
        else {
            throw ModelError.badArtifact(path: "memory", reason: "it is of another number of items")
        }
        followed = followers.transposed()
        following = nil
    }
}

extension ImpressionLog {
    /// Which items were shown when, of the rows that `isIncluded` says.
    func showings(where isIncluded: (Int) -> Bool = { _ in true }) -> (items: [Int32], times: [Int64]) {
        var (own, times) = ([Int32](), [Int64]())
        for impression in 0..<count {
            for row in candidates(of: impression) where isIncluded(row) {
                own.append(items[row])
                times.append(timestamps.isEmpty ? Int64(impression) : timestamps[impression])
            }
        }
        return (own, times)
    }
}

extension InteractionMatrix {
    /// Each entry times log(1 + rows / rows that have the column), then each row of length 1.
    fileprivate func weightedByRarity() -> InteractionMatrix {
        let counts = columnCounts()
        let weighted = mapValues { _, column, value in
            value * log1p(Float(rowCount) / Float(max(1, counts[Int(column)])))
        }
        let lengths = (0..<Int32(rowCount)).map { row in
            weighted.values(of: row).reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        return weighted.mapValues { row, _, value in value / max(lengths[Int(row)], 1e-9) }
    }
}

extension TrainingSet {
    /// Items × attributes: genres and categories of the catalog, and what facts tie an item to.
    var itemAttributes: InteractionMatrix {
        let genres = catalog.genres(itemCount: itemCount)
        var sets = (0..<Int32(itemCount)).map { Set(genres.matrix[$0].map { Int($0) }) }
        var count = genres.names.count
        if let knowledge {
            var owners: [Int32: [Int]] = [:]
            for (item, entity) in knowledge.itemEntities.prefix(itemCount).enumerated() where entity >= 0 {
                owners[entity, default: []].append(item)
            }
            var columns: [Int64: Int] = [:]
            func column(_ relation: Int32, _ entity: Int32, isHead: Bool) -> Int {
                let key = (Int64(relation) << 33) | (Int64(entity) << 1) | (isHead ? 1 : 0)
                if let known = columns[key] { return known }
                defer { count += 1 }
                columns[key] = count
                return count
            }
            for triple in 0..<knowledge.count {
                let (head, relation, tail) = (
                    knowledge.heads[triple], knowledge.predicates[triple], knowledge.tails[triple]
                )
                for item in owners[head] ?? [] { sets[item].insert(column(relation, tail, isHead: false)) }
                for item in owners[tail] ?? [] { sets[item].insert(column(relation, head, isHead: true)) }
            }
        }
        var (offsets, columns) = ([0], [Int32]())
        for set in sets {
            columns += set.sorted().map { Int32($0) }
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: itemCount, columnCount: count, offsets: offsets, columns: columns,
            values: [Float](repeating: 1, count: columns.count))
    }
}

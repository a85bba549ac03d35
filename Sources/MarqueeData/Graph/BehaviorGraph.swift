internal import MarqueeRuntime

/// Who did what with which item, as one graph a behavior over the same users and items.
///
///     let graph = try BehaviorGraph(split.train)
///     let views = graph.behaviors[0]
///     let weights = views.adjacency.symmetricWeights()      // by edge, both directions
///     let recency = views.adjacency.mirrored(views.recency)  // the same order
///
/// Equal pairs of a behavior are one edge: of its newest interaction the recency, of its largest value
/// the value. Construction sorts by counting, O(users + items + interactions) for each behavior.
public struct BehaviorGraph: Sendable {
    public struct Behavior: Sendable {
        public let name: String
        public let adjacency: Adjacency
        /// The interactions that became edges; as many as pairs when none repeats.
        public let interactions: Int
        /// By pair, in the order of the users' edges: (t − oldest) / (newest − oldest) over the times of
        /// all behaviors, 1 where all times are one. Empty when the data has no times.
        public let recency: [Float]
        /// By pair: (v − least) / (most − least) over the behavior's values, 1 where all are the same.
        /// Empty when the data has no values.
        public let value: [Float]
    }

    /// In the order of the log's behavior names.
    public let behaviors: [Behavior]
    /// The behavior to predict, an index into ``behaviors``.
    public let target: Int
    public let userCount, itemCount: Int

    /// - Throws: ``BehaviorGraphError`` for a behavior without interactions, a target that is none of the
    ///   behaviors, and users, items or behaviors out of range.
    public init(_ log: InteractionLog) throws(BehaviorGraphError) {
        try Self.check(log)
        (userCount, itemCount, target) = (log.userCount, log.itemCount, Int(log.target))
        let byBehavior = RowIndex(
            log.behaviors.isEmpty ? [Int32](repeating: 0, count: log.count) : log.behaviors.map(Int32.init),
            keyCount: log.behaviorNames.count)
        let times = log.timestamps.min().flatMap { oldest in log.timestamps.max().map { oldest...$0 } }
        var behaviors: [Behavior] = []
        for (index, name) in log.behaviorNames.enumerated() {
            let rows = byBehavior[index]
            guard !rows.isEmpty else {
                throw BehaviorGraphError(
                    "behavior '\(name)' has no interactions; check its file, or leave the behavior out")
            }
            behaviors.append(Behavior(name, log, rows, times: times))
        }
        self.behaviors = behaviors
    }

    public var nodeCount: Int { userCount + itemCount }

    /// The pairs that are joined by any behavior.
    public func fused() -> Adjacency { .union(of: behaviors.map(\.adjacency)) }

    private static func check(_ log: InteractionLog) throws(BehaviorGraphError) {
        let names = log.behaviorNames
        guard Int(log.target) < names.count else {
            throw BehaviorGraphError(
                "the target is behavior \(log.target), but there are \(names.count): \(names.joined(separator: ", ")); choose one of them"
            )
        }
        guard log.items.count == log.count,
            [log.behaviors.count, log.values.count, log.timestamps.count].allSatisfy({ $0 == 0 || $0 == log.count })
        else {
            throw BehaviorGraphError(
                "the log's columns are of unequal length; give each interaction every column, or none")
        }
        func check(_ column: [Int32], _ what: String, below count: Int) throws(BehaviorGraphError) {
            if let row = column.firstIndex(where: { $0 < 0 || $0 >= count }) {
                throw BehaviorGraphError(
                    "interaction \(row): \(what) \(column[row]) is out of range, there are \(count.grouped) \(what)s; read vocabulary and log together"
                )
            }
        }
        try check(log.users, "user", below: log.userCount)
        try check(log.items, "item", below: log.itemCount)
        if let row = log.behaviors.firstIndex(where: { Int($0) >= names.count }) {
            throw BehaviorGraphError(
                "interaction \(row): behavior \(log.behaviors[row]) is out of range, there are \(names.count): \(names.joined(separator: ", "))"
            )
        }
    }
}

extension BehaviorGraph.Behavior {
    init(_ name: String, _ log: InteractionLog, _ rows: ArraySlice<Int32>, times: ClosedRange<Int64>?) {
        let times = times.map { (oldest: Double($0.lowerBound), span: Double($0.upperBound) - Double($0.lowerBound)) }
        var recency =
            times.map { times in
                rows.map { times.span > 0 ? Float((Double(log.timestamps[Int($0)]) - times.oldest) / times.span) : 1 }
            } ?? []
        var value = log.values.isEmpty ? [] : rows.map { log.values[Int($0)] }
        if let least = value.min(), let most = value.max() {
            value = value.map { most > least ? ($0 - least) / (most - least) : 1 }
        }
        // By item, then stably by user: each user's rows with items ascending, equal pairs together. Columns
        // move with the rows, as reading them where they lie would cost a cache miss each.
        var items = rows.map { log.items[Int($0)] }
        let byItem = CountingSort(items, keyCount: log.itemCount)
        let byUser = CountingSort(byItem.sorted(rows.map { log.users[Int($0)] }), keyCount: log.userCount)
        items = byUser.sorted(byItem.sorted(items))
        recency = byUser.sorted(byItem.sorted(recency))
        value = byUser.sorted(byItem.sorted(value))

        var offsets = [0]
        offsets.reserveCapacity(log.userCount + 1)
        var end = 0
        for user in 0..<log.userCount {
            let start = end
            for row in byUser.offsets[user]..<byUser.offsets[user + 1] {
                let isRepeat = end > start && items[end - 1] == items[row]
                if !isRepeat {
                    items[end] = items[row]
                    end += 1
                }
                if times != nil { recency[end - 1] = isRepeat ? max(recency[end - 1], recency[row]) : recency[row] }
                if !value.isEmpty { value[end - 1] = isRepeat ? max(value[end - 1], value[row]) : value[row] }
            }
            offsets.append(end)
        }
        items.removeLast(items.count - end)
        recency.removeLast(max(0, recency.count - end))
        value.removeLast(max(0, value.count - end))
        self.init(
            name: name,
            adjacency: Adjacency(
                userCount: log.userCount, itemCount: log.itemCount, userOffsets: offsets, items: items),
            interactions: rows.count, recency: recency, value: value)
    }
}

/// Where each element goes when a column is ordered by its keys, equal keys in their order: 4 bytes an element.
private struct CountingSort {
    /// Key k's elements are `offsets[k]..<offsets[k + 1]` afterwards.
    let offsets: [Int]
    private let places: [Int32]

    init(_ keys: [Int32], keyCount: Int) {
        var offsets = [Int](repeating: 0, count: keyCount + 1)
        for key in keys { offsets[Int(key) + 1] += 1 }
        for key in 0..<keyCount { offsets[key + 1] += offsets[key] }
        var cursor = offsets
        places = keys.map { key in
            defer { cursor[Int(key)] += 1 }
            return Int32(cursor[Int(key)])
        }
        self.offsets = offsets
    }

    /// Another column of the same rows, or an empty one, in the keys' order.
    func sorted<Value: Numeric>(_ column: [Value]) -> [Value] {
        guard !column.isEmpty else { return [] }
        var result = [Value](repeating: 0, count: column.count)
        for (place, element) in zip(places, column) { result[Int(place)] = element }
        return result
    }
}

/// A log that makes no graph, and why.
public struct BehaviorGraphError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }

    init(_ reason: String) { self.reason = reason }
}

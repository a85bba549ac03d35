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
                throw BehaviorGraphError("behavior '\(name)' has no interactions; check its file, or leave the behavior out")
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
                "the target is behavior \(log.target), but there are \(names.count): \(names.joined(separator: ", ")); choose one of them")
        }
        guard log.items.count == log.count,
            [log.behaviors.count, log.values.count, log.timestamps.count].allSatisfy({ $0 == 0 || $0 == log.count })
        else { throw BehaviorGraphError("the log's columns are of unequal length; give each interaction every column, or none") }
        func check(_ column: [Int32], _ what: String, below count: Int) throws(BehaviorGraphError) {
            if let row = column.firstIndex(where: { $0 < 0 || $0 >= count }) {
                throw BehaviorGraphError(
                    "interaction \(row): \(what) \(column[row]) is out of range, there are \(count.grouped) \(what)s; read vocabulary and log together")
            }
        }
        try check(log.users, "user", below: log.userCount)
        try check(log.items, "item", below: log.itemCount)
        if let row = log.behaviors.firstIndex(where: { Int($0) >= names.count }) {
            throw BehaviorGraphError(
                "interaction \(row): behavior \(log.behaviors[row]) is out of range, there are \(names.count): \(names.joined(separator: ", "))")
        }
    }
}

extension BehaviorGraph.Behavior {
    init(_ name: String, _ log: InteractionLog, _ rows: ArraySlice<Int32>, times: ClosedRange<Int64>?) {
        // Ordered by item, then stably by user: each user's rows with items ascending, equal pairs together.
        let byItem = RowIndex(rows.map { log.items[Int($0)] }, keyCount: log.itemCount)
        let first = rows.startIndex
        let inItemOrder = byItem.rows.map { rows[first + Int($0)] }
        let byUser = RowIndex(inItemOrder.map { log.users[Int($0)] }, keyCount: log.userCount)

        let values = log.values.isEmpty ? nil : rows.lazy.map { log.values[Int($0)] }
        let span = values.flatMap { values in values.min().flatMap { least in values.max().map { least...$0 } } }
        var offsets = [0]
        offsets.reserveCapacity(log.userCount + 1)
        var (items, recency, value): ([Int32], [Float], [Float]) = ([], [], [])
        items.reserveCapacity(rows.count)
        for user in 0..<log.userCount {
            let start = items.count
            for place in byUser[user] {
                let row = Int(inItemOrder[Int(place)])
                let isRepeat = items.count > start && items[items.count - 1] == log.items[row]
                if !isRepeat { items.append(log.items[row]) }
                func keep(_ figure: Float, in column: inout [Float]) {
                    if isRepeat { column[column.count - 1] = max(column[column.count - 1], figure) } else { column.append(figure) }
                }
                if let times {
                    let whole = Double(times.upperBound) - Double(times.lowerBound)
                    keep(whole > 0 ? Float((Double(log.timestamps[row]) - Double(times.lowerBound)) / whole) : 1, in: &recency)
                }
                if let span {
                    let whole = span.upperBound - span.lowerBound
                    keep(whole > 0 ? (log.values[row] - span.lowerBound) / whole : 1, in: &value)
                }
            }
            offsets.append(items.count)
        }
        self.init(
            name: name,
            adjacency: Adjacency(userCount: log.userCount, itemCount: log.itemCount, userOffsets: offsets, items: items),
            interactions: rows.count, recency: recency, value: value)
    }
}

/// A log that makes no graph, and why.
public struct BehaviorGraphError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }

    init(_ reason: String) { self.reason = reason }
}

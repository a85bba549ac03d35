internal import CMarqueeKernels
internal import Foundation
public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor
internal import Synchronization

/// Personalized ranking over a cascade of behavior graphs, no learned embeddings (Ko, Jeon and Jung,
/// "Personalized Ranking on Cascading Behavior Graphs for Accurate Multi-Behavior Recommendation",
/// Information Sciences 2025).
///
/// For each behavior b of the cascade (view → cart → buy), with Ã_b = D_U^−½ A_b D_I^−½ and γ = 1 − α − β,
/// a user's scores of users r_U and of items r_I are the fixed point of
///
///     r_U = γ Ã_b r_I + α q_U + β c_U        r_I = γ Ã_bᵀ r_U + α q_I + β c_I
///
/// where q_U is 1 at the user, q_I is uniform over the items of the user's b, and c is the result of the
/// behavior before (of the first, q). score(u, ·) is r_I of the last.
///
/// The map contracts by γ, so it is iterated ⌈log tolerance / log γ⌉ times for everybody, rather than until
/// a batch's mean residual falls below the tolerance: a user's scores then do not depend on the batch.
///
/// O(iterations × interactions) a user, as sparse–dense products over blocks of 64 users with
/// 3 × 64 × (users + items) floats a worker. Where users × items is at most 2²⁸ (1 GiB of floats) a fit
/// keeps the whole table of scores; a model that was loaded, or is larger, computes them when asked.
///
/// Whoever is asked for by a history walks as one more user of each graph, connected to the history's items, whose
/// degrees are those of the fit (at least 1); a known user's own node is left out meanwhile. For the history of the
/// fit that is the user's own walk.
public struct CascadingRank: Recommender, HistoryScorer {
    public struct Config: ModelConfig {
        /// α, how much the user's own items of each behavior count.
        public var alpha: Float = 0
        /// β, how much the result of the behavior before counts.
        public var beta: Float = 0.9
        /// What is left of the distance to the fixed point.
        public var tolerance: Float = 1e-4
        public var iterations = 100
        /// The behaviors in their order, the last being ranked; empty for all as the data lists them, then the target.
        public var cascade: [String] = []

        public init() {}

        var gamma: Float { 1 - alpha - beta }

        public var problem: String? {
            if !(alpha >= 0 && beta >= 0 && gamma >= 0) {
                return "alpha and beta must not be negative, their sum at most 1"
            }
            if !(tolerance > 0 && tolerance < 1) { return "tolerance must lie between 0 and 1" }
            return iterations < 1 ? "iterations must be at least 1" : nil
        }
    }

    public static let kind = "cascading-rank"
    public let config: Config
    /// By behavior of the cascade, users × items, binary.
    public let graphs: [InteractionMatrix]
    /// By stage of the cascade: what a history calls its behavior; nil where it never says.
    let stages: [UInt8?]
    /// [users, items] or empty.
    let table: [Float]
    private let walks: [BipartiteWalk]

    public var userCount: Int { graphs[0].rowCount }
    public var itemCount: Int { graphs[0].columnCount }

    /// A table of more entries is not kept.
    private static let largestTable = 1 << 28
    private static let blockSize = 64

    private init(config: Config, graphs: [InteractionMatrix], stages: [UInt8?]) {
        self.config = config
        self.graphs = graphs
        self.stages = stages
        table = []
        walks = graphs.map(BipartiteWalk.init)
    }

    private init(_ other: CascadingRank, table: [Float]) {
        config = other.config
        graphs = other.graphs
        stages = other.stages
        walks = other.walks
        self.table = table
    }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> CascadingRank {
        let cascade =
            config.cascade.isEmpty
            ? data.auxiliary + [data.target]
            : try config.cascade.map { try data.behavior($0, for: kind) }
        let model = CascadingRank(
            config: config, graphs: cascade.map { data.behaviors[$0] }, stages: cascade.map { UInt8($0) })
        guard data.userCount * data.itemCount <= largestTable else { return model }
        return CascadingRank(model, table: try model.allScores(context))
    }

    private func allScores(_ context: FitContext) throws -> [Float] {
        var table = [Float](repeating: 0, count: userCount * itemCount)
        let blocks = (userCount + Self.blockSize - 1) / Self.blockSize
        try table.withUnsafeMutableBufferPointer { table in
            guard let base = table.baseAddress else { return }
            let place = SharedPointer(base)  // Each block writes its own users' rows.
            let finished = Atomic<Int>(0)
            _ = try context.pool.map(
                blocks, scratch: { Ranks(users: userCount, items: itemCount, width: Self.blockSize) }
            ) {
                ranks, block in
                try Interruption.check()
                let users = (block * Self.blockSize..<min((block + 1) * Self.blockSize, userCount)).map { Int32($0) }
                rank(users, in: ranks)
                ranks.copy(
                    count: users.count, items: 0..<itemCount, to: place.pointer + block * Self.blockSize * itemCount)
                context.progress.advance(
                    Self.kind, completed: finished.add(users.count, ordering: .relaxed).newValue, total: userCount,
                    unit: "users", figures: [])
            }
        }
        return table
    }

    /// Steps to the fixed point.
    private var stepCount: Int {
        let gamma = config.gamma
        let needed = gamma > 0 && gamma < 1 ? Int((log(config.tolerance) / log(gamma)).rounded(.up)) : 1
        return gamma >= 1 ? config.iterations : max(1, min(needed, config.iterations))
    }

    /// Leaves the scores of `users`, at most the width, in `ranks`.
    private func rank(_ users: [Int32], in ranks: Ranks) {
        for (stage, walk) in walks.enumerated() {
            ranks.start(users, graphs[stage], config, isFirst: stage == 0)
            for _ in 0..<stepCount { ranks.step(walk, config.gamma) }
        }
    }

    /// The same of people who stand beside the users of the graphs.
    private func rank(_ queries: [Query], in ranks: Ranks) {
        for (stage, walk) in walks.enumerated() {
            let own = queries.map { query in
                let items = Set(query.history.lazy.filter { $0.behavior == stages[stage] }.map(\.item)).sorted()
                return Ranks.Visitor(user: query.user, items: items, in: walk)
            }
            ranks.start(own, config, isFirst: stage == 0)
            for _ in 0..<stepCount { ranks.step(walk, config.gamma, own) }
        }
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= users.count * items.count)
        guard table.isEmpty else {
            for (k, user) in users.enumerated() {
                let row = Int(user) * itemCount
                scores.copy(table[row + items.lowerBound..<row + items.upperBound], at: k * items.count)
            }
            return
        }
        let ranks = Ranks(users: userCount, items: itemCount, width: min(Self.blockSize, users.count))
        scores.withUnsafeMutableBufferPointer { scores in
            guard let out = scores.baseAddress else { return }
            for start in stride(from: 0, to: users.count, by: Self.blockSize) {
                let block = Array(users[start..<min(start + Self.blockSize, users.count)])
                rank(block, in: ranks)
                ranks.copy(count: block.count, items: items, to: out + start * items.count)
            }
        }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= queries.count * items.count)
        let ranks = Ranks(users: userCount, items: itemCount, width: min(Self.blockSize, queries.count))
        scores.withUnsafeMutableBufferPointer { scores in
            guard let out = scores.baseAddress else { return }
            for start in stride(from: 0, to: queries.count, by: Self.blockSize) {
                let block = Array(queries[start..<min(start + Self.blockSize, queries.count)])
                rank(block, in: ranks)
                ranks.copy(count: block.count, items: items, to: out + start * items.count)
            }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        let row =
            table.isEmpty ? self.scores(user: user)[...] : table[Int(user) * itemCount..<(Int(user) + 1) * itemCount]
        for (k, item) in candidates.enumerated() { scores[k] = row[row.startIndex + Int(item)] }
    }
}

extension CascadingRank {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let count = try artifact.count("cascade")
        let names = (0..<max(1, min(count, 256))).map { "graph-\($0)" }
        let graphs = try names.map { try artifact.matrix($0) }
        guard graphs.allSatisfy({ $0.rowCount == graphs[0].rowCount && $0.columnCount == graphs[0].columnCount }) else {
            throw ModelError.badArtifact(path: "graphs", reason: "the graphs disagree on users and items")
        }
        // Files from before models kept behaviors: histories are of the target alone.
        let stages =
            artifact.tensors["stages"] == nil
            ? names.indices.map { $0 == names.count - 1 ? 0 : nil }
            : try artifact.integers("stages").map { UInt8(exactly: $0) }
        guard stages.count == graphs.count else {
            throw ModelError.badArtifact(path: "stages", reason: "stages and graphs differ in number")
        }
        self.init(config: config, graphs: graphs, stages: stages)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(count: graphs.count, "cascade")
        artifact.tensors["stages"] = StoredTensor(stages.map { $0.map { Int32($0) } ?? -1 })
        for (stage, graph) in graphs.enumerated() { artifact.store(graph, "graph-\(stage)") }
    }
}

/// One behavior's graph, symmetrically normalized, in both directions.
private struct BipartiteWalk: Sendable {
    /// Users × items and items × users.
    let toItems, toUsers: InteractionMatrix
    /// By item.
    let degrees: [Float]

    init(_ graph: InteractionMatrix) {
        let items = graph.columnSums()
        degrees = items
        let users = graph.rowSums()
        toItems = graph.mapValues { user, item, value in value / (users[Int(user)] * items[Int(item)]).squareRoot() }
        toUsers = toItems.transposed()
    }
}

/// The scores of a block of users while they are iterated: [users, width] and [items, width].
private final class Ranks {
    /// Somebody who walks beside the users of a graph.
    struct Visitor {
        /// The node that is left out meanwhile.
        let user: Int32?
        /// Ascending.
        let items: [Int32]
        /// By item, what the edge to it weighs.
        let weights: [Float]

        init(user: Int32?, items: [Int32], in walk: BipartiteWalk) {
            (self.user, self.items) = (user, items)
            weights = items.map { 1 / (Float(items.count) * max(1, walk.degrees[Int($0)])).squareRoot() }
        }
    }

    private let users, items, width: Int
    // Users first, then items, in one buffer each.
    private var current, next, constant: [Float]
    /// By lane: the visitor's own score, and what is added to it each step.
    private var visitors: [(current: Float, constant: Float)]

    init(users: Int, items: Int, width: Int) {
        (self.users, self.items, self.width) = (users, items, width)
        current = Array(repeating: 0, count: (users + items) * width)
        next = current
        constant = current
        visitors = Array(repeating: (0, 0), count: width)
    }

    /// Sets r to q, and the constant α q + β c, where c is what stands here from the behavior before.
    func start(_ block: [Int32], _ graph: InteractionMatrix, _ config: CascadingRank.Config, isFirst: Bool) {
        let share = isFirst ? 0 : config.beta
        for k in constant.indices { constant[k] = share * current[k] }
        current.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        let weight = isFirst ? config.alpha + config.beta : config.alpha
        for (lane, user) in block.enumerated() {
            let place = Int(user) * width + lane
            current[place] = 1
            constant[place] += weight
            let own = graph[user]
            for item in own {
                let place = (users + Int(item)) * width + lane
                current[place] = 1 / Float(own.count)
                constant[place] += weight / Float(own.count)
            }
        }
    }

    /// The same with each lane's walk beginning at a visitor.
    func start(_ block: [Visitor], _ config: CascadingRank.Config, isFirst: Bool) {
        let share = isFirst ? 0 : config.beta
        for k in constant.indices { constant[k] = share * current[k] }
        current.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        let weight = isFirst ? config.alpha + config.beta : config.alpha
        for (lane, visitor) in block.enumerated() {
            visitors[lane] = (1, share * visitors[lane].current + weight)
            for item in visitor.items {
                let index = (users + Int(item)) * width + lane
                current[index] = 1 / Float(visitor.items.count)
                constant[index] += weight / Float(visitor.items.count)
            }
        }
    }

    /// One step of the iteration, visitors included.
    func step(_ walk: BipartiteWalk, _ gamma: Float, _ block: [Visitor]) {
        let before = block.enumerated().map { lane, visitor in
            zip(visitor.items, visitor.weights).reduce(Float(0)) { sum, edge in
                sum + edge.1 * current[(users + Int(edge.0)) * width + lane]
            }
        }
        step(walk, gamma)
        for (lane, visitor) in block.enumerated() {
            for (item, weight) in zip(visitor.items, visitor.weights) {
                current[(users + Int(item)) * width + lane] += gamma * weight * visitors[lane].current
            }
            visitors[lane].current = visitors[lane].constant + gamma * before[lane]
            if let user = visitor.user { current[Int(user) * width + lane] = 0 }
        }
    }

    /// One step of the iteration, users and items from the values before it.
    func step(_ walk: BipartiteWalk, _ gamma: Float) {
        current.withUnsafeBufferPointer { current in
            constant.withUnsafeBufferPointer { constant in
                next.withUnsafeMutableBufferPointer { next in
                    // There is a user, since somebody asked for scores.
                    let (from, add, to) = (current.baseAddress!, constant.baseAddress!, next.baseAddress!)
                    let itemsStart = users * width
                    mq_walk(
                        walk.toItems.offsets, walk.toItems.columns, walk.toItems.values, users, gamma,
                        from + itemsStart, add, width, to)
                    mq_walk(
                        walk.toUsers.offsets, walk.toUsers.columns, walk.toUsers.values, items, gamma,
                        from, add + itemsStart, width, to + itemsStart)
                }
            }
        }
        swap(&current, &next)
    }

    /// Writes the item scores of the first `count` lanes to `out`, row-major, [count, items].
    func copy(count: Int, items range: Range<Int>, to out: UnsafeMutablePointer<Float>) {
        for item in range {
            let place = (users + item) * width
            for lane in 0..<count { out[lane * range.count + item - range.lowerBound] = current[place + lane] }
        }
    }
}

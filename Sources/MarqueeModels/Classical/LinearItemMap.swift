internal import CMarqueeKernels
internal import Foundation
public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// A dense linear map from histories to scores: score(u, ·) = x_u B, plus what is boosted for the user.
/// What EASEᴿ and ridge regression are once they are fitted.
public struct LinearItemMap: Sendable {
    /// X, users × items.
    public let history: InteractionMatrix
    /// B, [items, items].
    public let weights: [Float]
    /// Added to the scores, users × items; nil when nothing is.
    public let boost: InteractionMatrix?
    /// How a history becomes a row as those of ``history``.
    let behaviors: HistoryWeights
    /// How it becomes one as those of ``boost``.
    let boostBehaviors: HistoryWeights?
    /// Of ``weights``.
    let itemWeights: ItemWeights
    private let isBinary: Bool

    init(
        history: InteractionMatrix, weights: [Float], behaviors: HistoryWeights, boost: InteractionMatrix? = nil,
        boostBehaviors: HistoryWeights? = nil
    ) {
        precondition(weights.count == history.columnCount * history.columnCount)
        self.history = history
        self.weights = weights
        self.boost = boost
        self.behaviors = behaviors
        self.boostBehaviors = boostBehaviors
        itemWeights = ItemWeights(weights, count: history.columnCount)
        isBinary = history.isBinary
    }

    var itemCount: Int { history.columnCount }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(Rows(history: history, boost: boost, isBinary: isBinary), users, items: items, into: &scores)
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(Rows(history: history, boost: boost, isBinary: isBinary), user, candidates: candidates, into: &scores)
    }

    func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(rows(of: queries), (0..<Int32(queries.count)).map { $0 }, items: items, into: &scores)
    }

    func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(rows(of: [query]), 0, candidates: candidates, into: &scores)
    }

    /// What scores are made of: x and what is boosted, users or queries × items.
    private struct Rows {
        var history: InteractionMatrix
        var boost: InteractionMatrix?
        var isBinary: Bool

        /// A row of x; values are nil when they are all 1.
        func withRow(_ row: Int32, _ body: (UnsafePointer<Int32>?, UnsafePointer<Float>?, Int) -> Void) {
            history[row].withUnsafeBufferPointer { columns in
                history.values(of: row).withUnsafeBufferPointer { values in
                    body(columns.baseAddress, isBinary ? nil : values.baseAddress, columns.count)
                }
            }
        }
    }

    private func rows(of queries: [Query]) -> Rows {
        Rows(
            history: behaviors.rows(of: queries, itemCount: itemCount),
            boost: boostBehaviors.map { $0.rows(of: queries, itemCount: itemCount) }, isBinary: isBinary)
    }

    private func score(_ x: Rows, _ rows: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= rows.count * items.count)
        scores.withUnsafeMutableBufferPointer { scores in
            weights.withUnsafeBufferPointer { weights in
                guard let out = scores.baseAddress, let weights = weights.baseAddress else { return }
                for (k, row) in rows.enumerated() {
                    x.withRow(row) { columns, values, count in
                        mq_sum_dense_rows(
                            weights + items.lowerBound, itemCount, columns, values, count, items.count,
                            out + k * items.count)
                    }
                    guard let boost = x.boost else { continue }
                    for entry in boost.offsets[Int(row)]..<boost.offsets[Int(row) + 1] {
                        let item = Int(boost.columns[entry])
                        if items.contains(item) {
                            out[k * items.count + item - items.lowerBound] += boost.values[entry]
                        }
                    }
                }
            }
        }
    }

    private func score(_ x: Rows, _ row: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= candidates.count)
        scores.withUnsafeMutableBufferPointer { scores in
            x.withRow(row) { columns, values, count in
                mq_sum_dense_columns(
                    weights, itemCount, columns, values, count, candidates, candidates.count, scores.baseAddress)
            }
            if let boost = x.boost {
                for (k, item) in candidates.enumerated() { scores[k] += boost.value(row, item) }
            }
        }
    }
}

/// A model that is a ``LinearItemMap``. Scoring, explaining, similar items, saving and loading come with it.
protocol LinearItemRecommender: Recommender, HistoryScorer, ItemSimilarity, Explaining {
    var map: LinearItemMap { get }
    /// How many matrices of items × items the fit holds at a time.
    static var matrixCount: Int { get }
    init(config: Config, map: LinearItemMap)
}

extension LinearItemRecommender {
    /// X, users × items.
    public var history: InteractionMatrix { map.history }
    /// B, [items, items].
    public var weights: [Float] { map.weights }
    public var userCount: Int { map.history.rowCount }
    public var itemCount: Int { map.history.columnCount }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        map.score(users: users, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        map.score(user: user, candidates: candidates, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        map.score(queries, items: items, into: &scores)
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        map.score(query, candidates: candidates, into: &scores)
    }

    public var similarityMeasure: String { ItemWeights.measure }

    public func similarities(to item: Int32) -> [Float] {
        map.itemWeights.similarities(
            of: Array(weights[Int(item) * itemCount..<(Int(item) + 1) * itemCount]), to: item)
    }

    public func contributions(_ query: Query, items: [Int32], history own: [Int32]) -> [[Float]] {
        let row = map.behaviors.rows(of: [query], itemCount: itemCount)
        return items.map { item in own.map { row.value(0, $0) * weights[Int($0) * itemCount + Int(item)] } }
    }

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let weights = try artifact.floats("weights", shape: [history.columnCount, history.columnCount])
        let boost = artifact.tensors["boost.shape"] == nil ? nil : try artifact.matrix("boost")
        guard boost.map({ $0.rowCount == history.rowCount && $0.columnCount == history.columnCount }) ?? true else {
            throw ModelError.badArtifact(path: "boost", reason: "boost and history disagree on users and items")
        }
        self.init(
            config: config,
            map: LinearItemMap(
                history: history, weights: weights, behaviors: try artifact.historyWeights(), boost: boost,
                boostBehaviors: boost == nil ? nil : try artifact.historyWeights("boost.behavior-weights")))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(weights, "weights", shape: [itemCount, itemCount])
        artifact.store(map.behaviors)
        if let boost = map.boost { artifact.store(boost, "boost") }
        if let weights = map.boostBehaviors { artifact.store(weights, "boost.behavior-weights") }
    }

    /// Refuses more items than LAPACK's 32-bit indices reach, and matrices that the machine's memory does not hold.
    public static func refusal(_ config: Config, users: Int, items: Int) -> String? {
        denseRefusal(items: items, memory: Int(clamping: ProcessInfo.processInfo.physicalMemory))
    }

    /// - Parameter memory: of the machine, in bytes.
    static func denseRefusal(items: Int, memory: Int) -> String? {
        let bytes = items * items * matrixCount * MemoryLayout<Float>.size
        guard items > 46_340 || bytes > memory else { return nil }
        return "\(items) items need \(Figures.bytes(bytes)); drop rare items with k-core, or use ials"
    }
}

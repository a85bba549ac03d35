internal import MarqueeData
internal import MarqueeEvaluation

/// A model that scores by sparse weights from item to item: score(u, i) = Σ over j in u's history of
/// r_uj W[j, i], r_uj being what the history holds. Scoring, explaining, similar items, saving and loading come with it.
///
/// Scoring a user is O(history × neighbors).
protocol SparseItemRecommender: Recommender, HistoryScorer, ItemSimilarity, Explaining {
    /// Users × items, what the scores are summed over.
    var history: InteractionMatrix { get }
    /// W, items × items: row j holds what liking j says for others.
    var weights: InteractionMatrix { get }
    /// How a history becomes a row as those of ``history``.
    var behaviors: HistoryWeights { get }
    /// Of ``weights``.
    var itemWeights: ItemWeights { get }
    init(config: Config, history: InteractionMatrix, weights: InteractionMatrix, behaviors: HistoryWeights)
}

extension SparseItemRecommender {
    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(users, of: history, items: items, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let rows = behaviors.rows(of: queries, itemCount: itemCount)
        score((0..<Int32(queries.count)).map { $0 }, of: rows, items: items, into: &scores)
    }

    private func score(
        _ rows: [Int32], of history: InteractionMatrix, items: Range<Int>, into scores: inout MutableSpan<Float>
    ) {
        var sums = [Float](repeating: 0, count: itemCount)
        for (k, row) in rows.enumerated() {
            sums.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            weights.add(history[row], weights: history.values(of: row), to: &sums)
            scores.copy(sums[items], at: k * items.count)
        }
    }

    public var similarityMeasure: String { ItemWeights.measure }

    public func similarities(to item: Int32) -> [Float] {
        var row = [Float](repeating: 0, count: itemCount)
        weights.add([item], to: &row)
        return itemWeights.similarities(of: row, to: item)
    }

    public func contributions(_ query: Query, items: [Int32], history: [Int32]) -> [[Float]] {
        let row = behaviors.rows(of: [query], itemCount: itemCount)
        return items.map { item in history.map { row.value(0, $0) * weights.value($0, item) } }
    }

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let weights = try artifact.matrix("weights")
        guard weights.rowCount == history.columnCount, weights.columnCount == history.columnCount else {
            throw ModelError.badArtifact(path: "weights", reason: "weights and history disagree on the number of items")
        }
        self.init(
            config: config, history: history, weights: weights, behaviors: try artifact.historyWeights())
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(weights, "weights")
        artifact.store(behaviors)
    }
}

extension MutableSpan<Float> {
    /// Writes `values` from place `start` on.
    mutating func copy(_ values: ArraySlice<Float>, at start: Int) {
        precondition(start + values.count <= count)
        withUnsafeMutableBufferPointer { span in
            _ = UnsafeMutableBufferPointer(rebasing: span[start..<start + values.count]).update(fromContentsOf: values)
        }
    }
}

internal import MarqueeData
internal import MarqueeEvaluation

/// A model that scores by sparse weights from item to item: score(u, i) = Σ over j in u's history of
/// r_uj W[j, i], r_uj being what the history holds. Scoring, explaining, similar items, saving and loading come with it.
///
/// Scoring a user is O(history × neighbors).
protocol SparseItemRecommender: Recommender, ItemSimilarity, Explaining {
    /// Users × items, what the scores are summed over.
    var history: InteractionMatrix { get }
    /// W, items × items: row j holds what liking j says for others.
    var weights: InteractionMatrix { get }
    init(config: Config, history: InteractionMatrix, weights: InteractionMatrix)
}

extension SparseItemRecommender {
    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        var row = [Float](repeating: 0, count: itemCount)
        for (k, user) in users.enumerated() {
            row.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            weights.add(history[user], weights: history.values(of: user), to: &row)
            scores.copy(row[items], at: k * items.count)
        }
    }

    public func similarities(to item: Int32) -> [Float] {
        var row = [Float](repeating: 0, count: itemCount)
        weights.add([item], to: &row)
        return row
    }

    public func contributions(user: Int32, items: [Int32], history: [Int32]) -> [[Float]] {
        items.map { item in history.map { self.history.value(user, $0) * weights.value($0, item) } }
    }

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let weights = try artifact.matrix("weights")
        guard weights.rowCount == history.columnCount, weights.columnCount == history.columnCount else {
            throw ModelError.badArtifact(path: "weights", reason: "weights and history disagree on the number of items")
        }
        self.init(config: config, history: history, weights: weights)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(weights, "weights")
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

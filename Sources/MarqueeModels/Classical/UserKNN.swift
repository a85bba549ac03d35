public import MarqueeData
public import MarqueeEvaluation

/// User-based k nearest neighbors (Resnick et al., CSCW 1994).
///
/// score(u, i) = Σ over v in N(u) of sim(u, v) r_vi, where N(u) holds the k users whose items are most like
/// those of u and r_vi is 1, or the weight of
/// the behaviors of v toward i, and 0 when there is none. Scoring a user is O(neighbors × their histories).
///
/// A history is compared with every row of the fit, O(Σ over its items of their users); a known user's own row, which
/// it stands in for, is left out. What people who share everything did says nothing new: somebody unknown with a known
/// user's history has that user for a neighbor.
public struct UserKNN: Recommender, HistoryScorer, Explaining {
    public typealias Config = NeighborConfig

    public static let kind = "user-knn"
    public let config: Config
    /// Users × items.
    public let history: InteractionMatrix
    /// Users × users: row u holds sim(u, v) for its neighbors v.
    public let neighbors: InteractionMatrix
    let behaviors: HistoryWeights
    private let weighting: RowWeighting
    private let neighborhood: Neighborhood

    private init(
        config: Config, history: InteractionMatrix, behaviors: HistoryWeights,
        neighbors: (Neighborhood) throws -> InteractionMatrix
    ) rethrows {
        self.config = config
        self.history = history
        self.behaviors = behaviors
        weighting = RowWeighting(history, config)
        neighborhood = Neighborhood(history, weighting)
        self.neighbors = try neighbors(neighborhood)
    }

    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> UserKNN {
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        return UserKNN(config: config, history: data.matrix(of: behaviors), behaviors: behaviors) {
            $0.nearest(config.neighbors, pool: context.pool)
        }
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        var row = [Float](repeating: 0, count: itemCount)
        for (k, user) in users.enumerated() {
            row.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            let range = neighbors.offsets[Int(user)]..<neighbors.offsets[Int(user) + 1]
            history.add(neighbors.columns[range], weights: neighbors.values[range], to: &row)
            scores.copy(row[items], at: k * items.count)
        }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, query) in queries.enumerated() {
            let (row, neighbors) = neighbors(of: query)
            var sums = [Float](repeating: 0, count: itemCount)
            for neighbor in neighbors {
                if neighbor.row == own(query) {
                    row.add([0], weights: [neighbor.value], to: &sums)
                } else {
                    history.add([neighbor.row], weights: [neighbor.value], to: &sums)
                }
            }
            scores.copy(sums[items], at: k * items.count)
        }
    }

    /// The row of a query's history, and who is most like it.
    private func neighbors(of query: Query) -> (row: InteractionMatrix, neighbors: [(row: Int32, value: Float)]) {
        let row = behaviors.rows(of: [query], itemCount: itemCount)
        let weighted = weighting.weighted(row)
        let norm = weighting.norms(weighted)[0]
        return (row, neighborhood.nearest(config.neighbors, to: weighted, norm: norm, as: query.user))
    }

    /// Under which index the query's history is its own neighbor.
    private func own(_ query: Query) -> Int32 { query.user ?? Int32(userCount) }

    /// A neighbor v gives sim(u, v) r_vi to the score of i, shared alike among the items that v and the history
    /// have in common.
    public func contributions(_ query: Query, items: [Int32], history own: [Int32]) -> [[Float]] {
        var contributions = items.map { _ in own.map { _ in Float(0) } }
        let (row, neighbors) = neighbors(of: query)
        for neighbor in neighbors {
            let isOwn = neighbor.row == self.own(query)
            let (matrix, index) = isOwn ? (row, 0) : (history, neighbor.row)
            let common = own.indices.filter { matrix.contains(index, own[$0]) }
            let share = neighbor.value / Float(max(1, common.count))
            for (k, item) in items.enumerated() {
                let strength = matrix.value(index, item)
                for index in common where strength > 0 { contributions[k][index] += share * strength }
            }
        }
        return contributions
    }
}

extension UserKNN {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let neighbors = try artifact.matrix("neighbors")
        guard neighbors.rowCount == history.rowCount, neighbors.columnCount == history.rowCount else {
            throw ModelError.badArtifact(
                path: "neighbors", reason: "neighbors and history disagree on the number of users")
        }
        self.init(config: config, history: history, behaviors: try artifact.historyWeights()) { _ in neighbors }
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(neighbors, "neighbors")
        artifact.store(behaviors)
    }
}

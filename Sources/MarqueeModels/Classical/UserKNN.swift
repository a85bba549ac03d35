public import MarqueeData
internal import MarqueeEvaluation

/// User-based k nearest neighbors (Resnick et al., CSCW 1994).
///
/// score(u, i) = Σ over v in N(u) of sim(u, v) r_vi, where N(u) holds the k users whose items are most like
/// those of u and r_vi is 1, or the weight of the behaviors of v toward i, and 0 when there is none. Scoring a user is O(neighbors × their histories).
public struct UserKNN: Recommender, Explaining {
    public typealias Config = NeighborConfig

    public static let kind = "user-knn"
    public let config: Config
    /// Users × items.
    public let history: InteractionMatrix
    /// Users × users: row u holds sim(u, v) for its neighbors v.
    public let neighbors: InteractionMatrix

    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> UserKNN {
        let history = try data.matrix(of: config.behaviors, for: kind)
        return UserKNN(
            config: config, history: history,
            neighbors: Neighborhood(history, config).nearest(config.neighbors, pool: context.pool))
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

    /// A neighbor v gives sim(u, v) r_vi to the score of i, shared alike among the items that v and u
    /// have in common.
    public func contributions(user: Int32, items: [Int32], history own: [Int32]) -> [[Float]] {
        var contributions = items.map { _ in own.map { _ in Float(0) } }
        let range = neighbors.offsets[Int(user)]..<neighbors.offsets[Int(user) + 1]
        for entry in range {
            let neighbor = neighbors.columns[entry]
            let common = own.indices.filter { history.contains(neighbor, own[$0]) }
            let share = neighbors.values[entry] / Float(max(1, common.count))
            for (k, item) in items.enumerated() {
                let strength = history.value(neighbor, item)
                for place in common where strength > 0 { contributions[k][place] += share * strength }
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
        self.init(config: config, history: history, neighbors: neighbors)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(neighbors, "neighbors")
    }
}

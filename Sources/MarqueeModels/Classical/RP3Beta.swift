internal import Foundation
public import MarqueeData
internal import MarqueeEvaluation

/// A random walk of three steps over the graph of users and items, user → item → user → item, its
/// ends re-ranked by popularity (Paudel, Christoffel, Newell and Bernstein, "Updatable, Accurate,
/// Diverse, and Scalable Recommendations for Interactive Applications", TiiS 2017).
///
/// W[j, i] = Σ over u who have both of (1/|U_j|)^α (1/|I_u|)^α / |U_i|^β; score(u, i) = Σ over j in I_u
/// of W[j, i]. Of each row the k greatest are kept, and after normalisation of each column, as in the
/// comparison of Dacrema et al. (TOIS 2021): the second keeps a popular item from being everybody's
/// neighbour. The defaults were best on validation of ml-1m-ncf.
public struct RP3Beta: SparseItemRecommender {
    public struct Config: ModelConfig {
        /// The transition probabilities' exponent: above 1, rare paths count less.
        public var alpha: Float = 0.6
        /// How much popularity is discounted: 0 not at all, 1 wholly.
        public var beta: Float = 0.6
        /// How many entries of each row, and then of each column, are kept, k.
        public var neighbors = 100
        /// Whether each row is then scaled to sum to 1, so that every item of the history speaks alike.
        public var normalize = true

        public init() {}

        public var problem: String? {
            if neighbors < 1 { return "neighbors must be at least 1" }
            return alpha.isFinite && beta.isFinite ? nil : "alpha and beta must be finite"
        }
    }

    public static let kind = "rp3beta"
    public let config: Config
    /// Users × items.
    public let history: InteractionMatrix
    /// W.
    public let weights: InteractionMatrix

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> RP3Beta {
        let history = data.interactions
        let popularity = history.columnCounts().map(Float.init)
        let activity = (0..<history.rowCount).map { Float(history.offsets[$0 + 1] - history.offsets[$0]) }
        let toItems = history.mapValues { user, _ in powf(1 / activity[Int(user)], config.alpha) }
        let walk = Neighborhood(
            matrix: history.transposed(), transposed: toItems,
            norms: popularity.map { powf($0, config.beta) },
            scales: popularity.map { $0 > 0 ? powf($0, config.alpha) : 1 })
        var weights = walk.nearest(config.neighbors, pool: context.pool)
        if config.normalize {
            let sums = (0..<weights.rowCount).map { row in
                weights.values[weights.offsets[row]..<weights.offsets[row + 1]].reduce(0, +)
            }
            let raw = weights
            var entry = 0
            weights = weights.mapValues { row, _ in
                defer { entry += 1 }
                return raw.values[entry] / sums[Int(row)]
            }
        }
        return RP3Beta(config: config, history: history, weights: weights.keepingLargest(config.neighbors))
    }
}

extension InteractionMatrix {
    /// The `count` greatest entries of each column; of equal ones those of the lower rows.
    fileprivate func keepingLargest(_ count: Int) -> InteractionMatrix {
        let columns = transposed()
        var offsets = [0]
        var rows: [Int32] = []
        var values: [Float] = []
        for column in 0..<columns.rowCount {
            let range = columns.offsets[column]..<columns.offsets[column + 1]
            let kept = range.count <= count
                ? Array(range)
                : range.sorted { (columns.values[$0], $1) > (columns.values[$1], $0) }.prefix(count).sorted()
            rows.append(contentsOf: kept.map { columns.columns[$0] })
            values.append(contentsOf: kept.map { columns.values[$0] })
            offsets.append(rows.count)
        }
        return InteractionMatrix(
            rowCount: columnCount, columnCount: rowCount, offsets: offsets, columns: rows, values: values
        ).transposed()
    }
}

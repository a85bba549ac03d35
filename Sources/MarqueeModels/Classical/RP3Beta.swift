internal import Foundation
public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// A random walk of three steps over the graph of users and items, user → item → user → item, its
/// ends re-ranked by popularity (Paudel, Christoffel, Newell and Bernstein, "Updatable, Accurate,
/// Diverse, and Scalable Recommendations for Interactive Applications", TiiS 2017).
///
/// W[j, i] = Σ over u who have both of (r_uj/d_j)^α (r_ui/d_u)^α / d_i^β, where r_ui is 1, or the weight of
/// the behaviors of u toward i, and d are sums of r; score(u, i) = Σ over j in I_u of r_uj W[j, i]. Of each row the k greatest are kept, and after normalization of each column, as in the
/// comparison of Dacrema et al. (TOIS 2021): the second keeps a popular item from being everybody's
/// neighbor. The defaults were best on validation of ml-1m-ncf.
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
        /// Of which interactions the graph and the history are made; an edge weighs the sum of its behaviors.
        public var behaviors = BehaviorWeights.target
        /// Whether a walk may end where it began, so that what was touched by another behavior can come back.
        public var returns = false

        public init() {}

        public var problem: String? {
            if neighbors < 1 { return "neighbors must be at least 1" }
            return alpha.isFinite && beta.isFinite ? behaviors.problem : "alpha and beta must be finite"
        }
    }

    public static let kind = "rp3beta"
    public let config: Config
    /// Users × items.
    public let history: InteractionMatrix
    /// W.
    public let weights: InteractionMatrix
    let behaviors: HistoryWeights
    let itemWeights: ItemWeights

    init(config: Config, history: InteractionMatrix, weights: InteractionMatrix, behaviors: HistoryWeights) {
        self.config = config
        self.history = history
        self.weights = weights
        self.behaviors = behaviors
        itemWeights = ItemWeights(weights)
    }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> RP3Beta {
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        let history = data.matrix(of: behaviors)
        let popularity = history.columnSums()
        let activity = history.rowSums()
        let toItems = history.mapValues { user, _, weight in powf(weight / activity[Int(user)], config.alpha) }
        let walk = Neighborhood(
            matrix: history.transposed().mapValues { _, _, weight in powf(weight, config.alpha) }, transposed: toItems,
            norms: popularity.map { powf($0, config.beta) },
            scales: popularity.map { $0 > 0 ? powf($0, config.alpha) : 1 }, keepsSelf: config.returns)
        var weights = walk.nearest(config.neighbors, pool: context.pool)
        if config.normalize {
            let sums = weights.rowSums()
            weights = weights.mapValues { row, _, value in value / sums[Int(row)] }
        }
        return RP3Beta(
            config: config, history: history, weights: weights.keepingLargest(config.neighbors), behaviors: behaviors)
    }
}

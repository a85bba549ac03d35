public import MarqueeData
internal import MarqueeEvaluation

/// Item-based k nearest neighbors (Sarwar, Karypis, Konstan and Riedl, WWW 2001; Deshpande and
/// Karypis, TOIS 2004).
///
/// score(u, i) = Σ over j in N(i) ∩ I_u of r_uj sim(i, j), where N(i) holds the k items whose users are
/// most like those of i and r_uj is 1, or the weight of the behaviors of u toward j.
public struct ItemKNN: SparseItemRecommender {
    public typealias Config = NeighborConfig

    public static let kind = "item-knn"
    public let config: Config
    /// Users × items.
    public let history: InteractionMatrix
    /// Row j holds sim(i, j) for every item i that has j among its neighbors.
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

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> ItemKNN {
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        let history = data.matrix(of: behaviors)
        let neighbors = Neighborhood(history.transposed(), config).nearest(config.neighbors, pool: context.pool)
        return ItemKNN(config: config, history: history, weights: neighbors.transposed(), behaviors: behaviors)
    }
}

/// Likeness to what was touched lately: for somebody of whom the deployed model knows nothing but that.
///
/// How much like the items touched lately an item is, Σ_k 0.8^k r_k over the ten last, r_k being 1 for the nearest neighbor
/// of the k-th last (``DeployedModel``), and three times how much its categories are liked (``Affinity``).
public struct NeighborRanker: Ranker {
    public static let kind = "neighbors"
    public static let standardConfig: NoSettings? = NoSettings()

    public init(_ config: NoSettings = NoSettings()) {}

    public func score(
        _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
    ) -> [Float]? {
        guard let model = context.model, !context.recent.isEmpty else { return nil }
        let count = context.snapshot.count
        var scores = [Float](repeating: 0, count: candidates.count)
        var weight: Float = 1
        for interaction in context.recent.prefix(10) {
            let neighbors = model.neighbors(of: interaction.item)
            scratch.match(candidates, with: neighbors.items, below: count) { index, rank in
                scores[index] += weight * neighbors.likeness[rank]
            }
            weight *= 0.8
        }
        // Among those that are alike the sources' order decides.
        for index in scores.indices {
            scores[index] += 3 * Float(context.affinity(of: candidates[index])) - 1e-4 * Float(index)
        }
        return scores
    }
}

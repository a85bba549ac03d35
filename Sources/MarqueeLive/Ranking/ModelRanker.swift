/// The deployed model's scores.
///
/// A model that answers from a history is asked with everything that somebody did up to now, whether its training knew
/// them or not. One that knows only its training's users ranks for those; for what they did since, the scores of
/// ``NeighborRanker`` are added, both standardized.
public struct ModelRanker: Ranker {
    public static let kind = "model"
    public static let standardConfig: NoSettings? = NoSettings()

    public init(_ config: NoSettings = NoSettings()) {}

    public func score(
        _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
    ) -> [Float]? {
        guard let model = context.model, let query = context.modelQuery, model.answers(query) else { return nil }
        let scores = model.score(candidates, for: query, &scratch)
        guard query.isNew, !model.scoresHistories,
            let neighbors = NeighborRanker().score(candidates, in: context, features, scratch: &scratch)
        else { return scores }
        let scale = ScoreScale(scores), neighborScale = ScoreScale(neighbors)
        return candidates.indices.map {
            Float(scale.standardized(scores[$0]) + neighborScale.standardized(neighbors[$0]))
        }
    }
}

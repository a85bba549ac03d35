public import MarqueeRuntime

/// The deployed model's scores.
///
/// A model that answers from a history is asked with everything that somebody did up to now, whether its training knew
/// them or not. One that knows only its training's users ranks for those; for what they did since, the scores of
/// ``NeighborRanker`` are added, both standardized: z(model) + w z(neighbors).
///
///     model: { neighbor-weight: 0.5 }
public struct ModelRanker: Ranker {
    public struct Config: Configuration {
        /// w. Of 1, so that the taste of this moment weighs as much as that of the training: less, and a first click
        /// hardly shows among scores of years; more, and what was learned is forgotten over it.
        public var neighborWeight: Double

        public init(neighborWeight: Double = 1) { self.neighborWeight = neighborWeight }

        public static let defaults = Config()
    }

    public static let kind = "model"
    public static let standardConfig: Config? = Config()
    private let neighborWeight: Double

    public init(_ config: Config) throws(RankerError) {
        guard config.neighborWeight.isFinite, config.neighborWeight >= 0 else {
            throw .badSetting(
                ranker: Self.kind, setting: "neighbor-weight",
                reason: "must be 0 or more, found \(config.neighborWeight)")
        }
        neighborWeight = config.neighborWeight
    }

    public init() { neighborWeight = Config().neighborWeight }

    public func score(
        _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
    ) -> [Float]? {
        guard let model = context.model, let query = context.modelQuery, model.answers(query) else { return nil }
        let scores = model.score(candidates, for: query, &scratch)
        guard query.isNew, !model.scoresHistories, neighborWeight > 0,
            let neighbors = NeighborRanker().score(candidates, in: context, features, scratch: &scratch)
        else { return scores }
        let scale = ScoreScale(scores), neighborScale = ScoreScale(neighbors)
        return candidates.indices.map {
            Float(scale.standardized(scores[$0]) + neighborWeight * neighborScale.standardized(neighbors[$0]))
        }
    }
}

public import MarqueeRuntime

/// A weighted sum of other rankers' scores, each standardized over the candidates: Σ_r w_r (s_r - mean_r) / deviation_r.
///
///     combined: [ { ranker: model, weight: 1 }, { ranker: { linear: { weights: { item-clicks: 1 } } }, weight: 0.3 } ]
///
/// A ranker that knows nothing of an item gives it the mean of the others, and one that cannot rank for a decision is
/// left out of it; where none can, neither can the combination.
public struct CombinedRanker: Ranker {
    public struct Part: Configuration {
        public var ranker: any Ranker { spec.ranker }
        public var weight: Double
        private let spec: RankerSpec

        public init(_ ranker: any Ranker, weight: Double = 1) {
            spec = RankerSpec(ranker)
            self.weight = weight
        }

        public static let defaults = Part(ModelRanker())
        public static let required = ["ranker"]

        enum CodingKeys: String, CodingKey {
            case weight
            case spec = "ranker"
        }
    }

    public static let kind = "combined"
    public static let standardConfig: [Part]? = nil
    public let features: [String]
    private let parts: [Part]

    public init(_ parts: [Part]) throws(RankerError) {
        guard !parts.isEmpty else {
            throw .badSetting(ranker: Self.kind, setting: "rankers", reason: "must be one at least")
        }
        for part in parts where !part.weight.isFinite {
            throw .badSetting(ranker: Self.kind, setting: "weight", reason: "must be finite, found \(part.weight)")
        }
        self.parts = parts
        features = Set(parts.flatMap(\.ranker.features)).sorted()
    }

    public func score(
        _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
    ) -> [Float]? {
        var sums = [Double](repeating: 0, count: candidates.count)
        var isKnown = [Bool](repeating: false, count: candidates.count)
        var canRank = false
        for part in parts {
            guard let scores = part.ranker.score(candidates, in: context, features, scratch: &scratch) else { continue }
            canRank = true
            let scale = ScoreScale(scores)
            for (index, score) in scores.enumerated() where score.isFinite {
                sums[index] += part.weight * scale.standardized(score)
                isKnown[index] = true
            }
        }
        guard canRank else { return nil }
        return zip(sums, isKnown).map { $1 ? Float($0) : .nan }
    }
}

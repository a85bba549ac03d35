public import MarqueeRuntime

/// Every ranker there is, one line each.
public enum RankerRegistry {
    public static let rankers: [any Ranker.Type] = [
        ModelRanker.self,
        NeighborRanker.self,
        LinearRanker.self,
        CombinedRanker.self,
    ]

    public static var kinds: [String] { rankers.map { $0.kind } }
}

/// A ranker as a configuration names it, bare (`model`) or with settings (`linear: { weights: { item-clicks: 0.1 } }`).
public struct RankerSpec: NamedChoice {
    public let ranker: any Ranker

    public init(_ ranker: any Ranker) { self.ranker = ranker }

    public static let what = "ranker"
    public static let choices = RankerRegistry.rankers.map { choice($0) }

    private static func choice<R: Ranker>(_ type: R.Type) -> Choice<RankerSpec> {
        Choice(R.kind, reading: R.Config.self, standard: R.standardConfig) { RankerSpec(try R($0)) }
    }
}

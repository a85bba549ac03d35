internal import MarqueeRuntime

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
public struct RankerSpec: Decodable, Sendable {
    public let ranker: any Ranker

    public init(from decoder: any Decoder) throws {
        let choice = try NamedChoice(from: decoder, kind: "ranker", among: RankerRegistry.kinds)
        func made<R: Ranker>(_ type: R.Type) throws -> any Ranker {
            let config = try choice.settings(R.Config.self, standard: R.standardConfig)
            do { return try R(config) } catch { throw DecodingError.complaint("\(error)", at: decoder.codingPath) }
        }
        guard let type = RankerRegistry.rankers.first(where: { $0.kind == choice.name }) else {
            throw DecodingError.complaint(
                Spelling.complaint(unknown: "ranker", choice.name, valid: RankerRegistry.kinds), at: decoder.codingPath)
        }
        ranker = try made(type)
    }
}

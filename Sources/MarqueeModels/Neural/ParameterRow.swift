internal import MarqueeRuntime
internal import MarqueeTensor

/// One line of a network's parameter table: what is learned, its shape and how many numbers it holds.
public struct ParameterRow: Sendable, Equatable, Codable {
    public let name: String
    public let shape: [Int]
    public let count: Int
}

/// A recommender whose parameters can be listed before it is fitted, as the NCF paper's Table 1 does.
public protocol ParameterListing: Recommender {
    /// The parameters for so many users and items: tables first, then layer by layer.
    static func parameters(_ config: Config, users: Int, items: Int) -> [ParameterRow]
}

extension PairModel: ParameterListing {
    public static func parameters(_ config: Network.Config, users: Int, items: Int) -> [ParameterRow] {
        let parameters = ModuleParameters(of: Network(config, users: users, items: items, stream: RandomStream(key: 0)))
        let tables = parameters.tables.map {
            ParameterRow(name: $0, shape: [$1.rowCount, $1.width], count: $1.rowCount * $1.width)
        }
        let dense = parameters.dense.map {
            ParameterRow(name: $0, shape: $1.rows == 1 ? [$1.columns] : [$1.rows, $1.columns], count: $1.count)
        }
        return tables + dense
    }
}

extension ModelSpec {
    /// The parameter table of this model for so many users and items; nil when the model is no network.
    public func parameters(users: Int, items: Int) throws -> [ParameterRow]? {
        func list<Model: ParameterListing>(_ model: Model.Type) throws -> [ParameterRow] {
            Model.parameters(try Model.Config(config, model: kind), users: users, items: items)
        }
        guard let model = try ModelRegistry.model(kind) as? any ParameterListing.Type else { return nil }
        return try list(model)
    }
}

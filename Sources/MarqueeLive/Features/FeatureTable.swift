/// Features of candidates: a row a candidate, a column a feature, `[candidates × features]`.
public struct FeatureTable: Sendable, Equatable {
    /// The columns, by name.
    public let features: [String]
    /// How many rows.
    public let count: Int
    /// Row by row.
    private let values: [FeatureValue]

    /// - Parameter values: row by row, `features.count` to a row.
    public init(features: [String], values: [FeatureValue]) {
        precondition(features.isEmpty ? values.isEmpty : values.count % features.count == 0)
        self.features = features
        self.values = values
        count = features.isEmpty ? 0 : values.count / features.count
    }

    public subscript(row: Int, column: Int) -> FeatureValue { values[row * features.count + column] }

    /// The numbers of a row, for models that take numbers; NaN for lists, grids and what is unknown.
    public func numbers(_ row: Int) -> [Double] { features.indices.map { self[row, $0].number ?? .nan } }
}

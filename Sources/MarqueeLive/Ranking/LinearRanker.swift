/// A weighted sum of features: score(c) = Σ_f w_f x_f(c), over the features that are numbers; what is unknown counts 0.
///
///     linear: { weights: { item-clicks: 0.1, user-views: 0.02 } }
public struct LinearRanker: Ranker {
    public struct Config: Decodable, Sendable {
        /// By the feature's name.
        public var weights: [String: Double]

        public init(weights: [String: Double]) { self.weights = weights }
    }

    public static let kind = "linear"
    public static let standardConfig: Config? = nil
    /// In the order of their names, in which they are summed.
    public let features: [String]
    private let weights: [Double]

    public init(_ config: Config) throws(RankerError) {
        for (name, weight) in config.weights where !weight.isFinite {
            throw .badSetting(ranker: Self.kind, setting: "weights.\(name)", reason: "must be finite, found \(weight)")
        }
        guard !config.weights.isEmpty else {
            throw .badSetting(ranker: Self.kind, setting: "weights", reason: "must name a feature at least")
        }
        let sorted = config.weights.sorted { $0.key < $1.key }
        features = sorted.map(\.key)
        weights = sorted.map(\.value)
    }

    public func score(
        _ candidates: [Int32], in context: DecisionContext, _ features: FeatureTable, scratch: inout ItemMarks
    ) -> [Float]? {
        scores(features)
    }

    /// The scores of a table's rows; the same of a logged decision's table, to the bit.
    public func scores(_ table: FeatureTable) -> [Float] {
        let columns = features.map { table.features.firstIndex(of: $0) }
        return (0..<table.count).map { row in
            var sum = 0.0
            for (column, weight) in zip(columns, weights) {
                guard let column, let value = table[row, column].number else { continue }
                sum += weight * value
            }
            return Float(sum)
        }
    }
}

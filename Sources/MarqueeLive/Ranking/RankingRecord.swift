/// What a decision's ranker was told of the choices, and what it said: what it takes to ask it again, and to fit another
/// to exactly what it will be told.
public struct RankingRecord: Sendable, Equatable {
    /// The ranker's kind; empty where none could rank, and in logs from before version 3.
    public var ranker: String
    /// The features that it asked for, a row a choice in the choices' order; without rows where it asked for none.
    public var features: FeatureTable
    /// Its scores of the choices, before they were standardized; empty where it asked for no features.
    public var scores: [Float]

    public init(
        ranker: String = "", features: FeatureTable = FeatureTable(features: [], values: []), scores: [Float] = []
    ) {
        self.ranker = ranker
        self.features = features
        self.scores = scores
    }
}

extension FeatureTable {
    /// Some of the rows, in the order given.
    func selecting(_ rows: [Int]) -> FeatureTable {
        FeatureTable(
            features: features, values: rows.flatMap { row in features.indices.map { self[row, $0] } })
    }
}

/// Every kind of feature there is, one line each: the list behind definition files and stored statistics.
public enum FeatureKinds {
    public static let all: [any FeatureKind.Type] = [
        CountFeature.self,
        DecayedCountFeature.self,
        DecayedSumFeature.self,
        WindowedCountFeature.self,
        RatioFeature.self,
        LastFeature.self,
        TimeSinceFeature.self,
        GazeGridFeature.self,
        MeanFeature.self,
        FriendsFeature.self,
    ]

    /// As definition files spell them.
    public static var names: [String] { all.map { $0.name } }

    /// The statistics of all kinds, by the byte that their stored form begins with.
    static let statistics: [UInt8: any MergeableStatistic.Type] = Dictionary(
        all.compactMap { $0 as? any StoredFeatureKind.Type }.map { ($0.statistic.code, $0.statistic) },
        uniquingKeysWith: { first, _ in first })
}

public import MarqueeRuntime

/// (hits + prior · strength) / (trials + strength) over the newest buckets of time; click-through is clicks over
/// impressions.
///
/// `item-ctr: { entity: item, ratio: { of: click, over: impression, bucket: 1h, buckets: 24, prior: 0.05, strength: 20 } }`
///
/// The prior is the mean of a beta distribution, and the strength the trials that it is worth, so that an item with few
/// impressions is not judged by them alone. Both matter at reading, not for what is stored.
public struct RatioFeature: StoredFeatureKind {
    public static let name = "ratio"
    public static let statistic: any MergeableStatistic.Type = WindowedCounts.self

    public let hits, trials: Set<EventType>
    /// Of a bucket, in milliseconds.
    public let width: Int64
    public let buckets: Int64
    public let prior, strength: Double

    public init(
        of hits: Set<EventType>, over trials: Set<EventType>, width: Int64, buckets: Int64, prior: Double = 0,
        strength: Double = 0
    ) {
        self.hits = hits
        self.trials = trials
        self.width = width
        self.buckets = buckets
        self.prior = prior
        self.strength = strength
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["of", "over", "bucket", "buckets", "prior", "strength"])
        hits = try settings.types("of")
        trials = try settings.types("over")
        width = try settings.duration("bucket")
        buckets = Int64(try settings.whole("buckets", in: 1...10_000))
        prior = try settings.number("prior", in: 0...1, otherwise: 0)
        strength = try settings.number("strength", in: 0...1e12, otherwise: 0)
    }

    public var storedSettings: [StoredSetting] {
        [
            StoredSetting("of", .types(hits)), StoredSetting("over", .types(trials)),
            StoredSetting("bucket", .whole(width)), StoredSetting("buckets", .whole(buckets)),
        ]
    }
    public var eventTypes: Set<EventType> { hits.union(trials) }
    public var rule: StatisticRule { .window(width: width, buckets: buckets) }

    public func observation(of event: Event) -> Observation? {
        Observation(time: event.time, isHit: hits.contains(event.type), isTrial: trials.contains(event.type))
    }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        let counts = statistic?.as(WindowedCounts.self) ?? WindowedCounts()
        let (hits, trials) = counts.sums(at: time, width: width, buckets: buckets)
        let denominator = Double(trials) + strength
        return denominator > 0 ? .number((Double(hits) + prior * strength) / denominator) : .unknown
    }
}

public import MarqueeRuntime

/// How many events there were in the newest buckets of time, the current one included.
///
/// `item-sales: { entity: item, windowed-count: { of: purchase, bucket: 1h, buckets: 24 } }`
public struct WindowedCountFeature: StoredFeatureKind {
    public static let name = "windowed-count"
    public static let statistic: any MergeableStatistic.Type = WindowedCounts.self

    public let eventTypes: Set<EventType>
    /// Of a bucket, in milliseconds.
    public let width: Int64
    public let buckets: Int64

    public init(of eventTypes: Set<EventType>, width: Int64, buckets: Int64) {
        self.eventTypes = eventTypes
        self.width = width
        self.buckets = buckets
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["of", "bucket", "buckets"])
        eventTypes = try settings.types("of")
        width = try settings.duration("bucket")
        buckets = Int64(try settings.whole("buckets", in: 1...10_000))
    }

    public var storedSettings: [StoredSetting] {
        [
            StoredSetting("of", .types(eventTypes)), StoredSetting("bucket", .whole(width)),
            StoredSetting("buckets", .whole(buckets)),
        ]
    }
    public var rule: StatisticRule { .window(width: width, buckets: buckets) }

    public func observation(of event: Event) -> Observation? { Observation(time: event.time, isHit: true) }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        let hits = statistic?.as(WindowedCounts.self)?.sums(at: time, width: width, buckets: buckets).hits
        return .number(Double(hits ?? 0))
    }
}

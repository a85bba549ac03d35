public import MarqueeRuntime

/// How many events there were, each counting half as much in every half-life: Σ 2^(−age / half-life).
///
/// `item-heat: { entity: item, decayed-count: { of: [click, view], half-life: 6h } }`
public struct DecayedCountFeature: StoredFeatureKind {
    public static let name = "decayed-count"
    public static let statistic: any MergeableStatistic.Type = DecayedSums.self

    public let eventTypes: Set<EventType>
    /// In milliseconds.
    public let halfLife: Int64

    public init(of eventTypes: Set<EventType>, halfLife: Int64) {
        self.eventTypes = eventTypes
        self.halfLife = halfLife
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["of", "half-life"])
        eventTypes = try settings.types("of")
        halfLife = try settings.duration("half-life")
    }

    public var storedSettings: [StoredSetting] {
        [StoredSetting("of", .types(eventTypes)), StoredSetting("halfLife", .whole(halfLife))]
    }
    public var rule: StatisticRule { .decayed(halfLife: halfLife) }

    public func observation(of event: Event) -> Observation? { Observation(time: event.time, amount: DecayWeight.one) }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        .number(statistic?.as(DecayedSums.self)?.value(at: time, halfLife: halfLife) ?? 0)
    }
}

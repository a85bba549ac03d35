public import MarqueeRuntime

/// The sum of the events' values, each worth half as much in every half-life: Σ value · 2^(−age / half-life).
///
/// `user-spend: { entity: user, decayed-sum: { of: purchase, half-life: 30d } }`
public struct DecayedSumFeature: StoredFeatureKind {
    public static let name = "decayed-sum"
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

    /// An event without a value adds 0.
    public func observation(of event: Event) -> Observation? {
        Observation(time: event.time, amount: DecayWeight.units(event.value ?? 0))
    }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        .number(statistic?.as(DecayedSums.self)?.value(at: time, halfLife: halfLife) ?? 0)
    }
}

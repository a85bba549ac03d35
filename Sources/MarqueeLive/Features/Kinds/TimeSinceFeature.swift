public import MarqueeRuntime

/// The seconds since the latest event, not below 0; unknown where there was none.
///
/// `user-idle: { entity: user, time-since: click }`
public struct TimeSinceFeature: StoredFeatureKind {
    public static let name = "time-since"
    public static let statistic: any MergeableStatistic.Type = LatestTime.self

    public let eventTypes: Set<EventType>

    public init(of eventTypes: Set<EventType>) { self.eventTypes = eventTypes }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) { eventTypes = try settings.types() }

    public var storedSettings: [StoredSetting] { [StoredSetting("of", .types(eventTypes))] }
    public var rule: StatisticRule { .instant }

    public func observation(of event: Event) -> Observation? { Observation(time: event.time) }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        guard let last = statistic?.as(LatestTime.self)?.time else { return .unknown }
        return .number(Double(max(0, time &- last)) / 1000)
    }
}

/// The time of the latest event.
public struct LatestTime: MergeableStatistic {
    public static let code: UInt8 = 4
    public static let name = "instant"

    /// Milliseconds since 1970; the least number there is before the first event.
    public private(set) var time = Int64.min

    public init() {}
    public init(_ time: Int64) { self.time = time }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) { time = max(time, observation.time) }
    public mutating func merge(_ other: Self, by rule: StatisticRule) { time = max(time, other.time) }

    public func write(to writer: inout StatisticWriter) { writer.append(time) }
    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) { time = try reader.number() }
}

extension StatisticRule {
    public static var instant: Self { StatisticRule(LatestTime.self) }
}

public import MarqueeRuntime

/// How many events there were.
///
/// `item-clicks: { entity: item, count: click }`
public struct CountFeature: StoredFeatureKind {
    public static let name = "count"
    public static let statistic: any MergeableStatistic.Type = EventCount.self

    public let eventTypes: Set<EventType>

    public init(of eventTypes: Set<EventType>) { self.eventTypes = eventTypes }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) { eventTypes = try settings.types() }

    public var storedSettings: [StoredSetting] { [StoredSetting("of", .types(eventTypes))] }
    public var rule: StatisticRule { .count }

    public func observation(of event: Event) -> Observation? { Observation(time: event.time) }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        .number(Double(statistic?.as(EventCount.self)?.count ?? 0))
    }
}

/// How many events there were.
public struct EventCount: MergeableStatistic {
    public static let code: UInt8 = 0
    public static let name = "count"

    public private(set) var count: Int64 = 0

    public init() {}
    public init(_ count: Int64) { self.count = count }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) { count &+= 1 }
    public mutating func merge(_ other: Self, by rule: StatisticRule) { count &+= other.count }

    public func write(to writer: inout StatisticWriter) { writer.append(count) }
    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) { count = try reader.number() }
}

extension StatisticRule {
    public static var count: Self { StatisticRule(EventCount.self) }
}

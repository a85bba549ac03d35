import MarqueeRuntime

@testable import MarqueeLive

/// A kind of feature in one file, as MarqueeLive's documentation shows it: the largest value of the events.
///
/// `user-record: { entity: user, largest-value: purchase }`
struct LargestValueFeature: StoredFeatureKind {
    static let name = "largest-value"
    static let statistic: any MergeableStatistic.Type = LargestAmount.self

    let eventTypes: Set<EventType>

    init(of eventTypes: Set<EventType>) { self.eventTypes = eventTypes }

    init(_ settings: FeatureSettings) throws(ConfigurationError) { eventTypes = try settings.types() }

    var storedSettings: [StoredSetting] { [StoredSetting("of", .types(eventTypes))] }
    var rule: StatisticRule { StatisticRule(LargestAmount.self) }

    func observation(of event: Event) -> Observation? {
        event.value.map { Observation(time: event.time, amount: DecayWeight.units($0)) }
    }

    func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        guard let amount = statistic?.as(LargestAmount.self)?.amount else { return .unknown }
        return .number(Double(amount) / Double(DecayWeight.one))
    }
}

/// The largest amount.
struct LargestAmount: MergeableStatistic {
    static let code: UInt8 = 6
    static let name = "largest"

    /// In units of 2⁻¹⁶.
    private(set) var amount = Int64.min

    init() {}

    mutating func add(_ observation: Observation, by rule: StatisticRule) { amount = max(amount, observation.amount) }
    mutating func merge(_ other: Self, by rule: StatisticRule) { amount = max(amount, other.amount) }

    func write(to writer: inout StatisticWriter) { writer.append(amount) }
    init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) { amount = try reader.number() }
}

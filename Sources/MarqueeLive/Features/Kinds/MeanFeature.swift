public import MarqueeRuntime

/// The mean of a number that events carry, each event worth half as much in every half-life:
/// Σ x · 2^(−age / half-life) / Σ 2^(−age / half-life); unknown where no event carried one.
///
/// `item-speed: { entity: item, mean: { of: scroll, number: context.speed, half-life: 30d } }`
public struct MeanFeature: StoredFeatureKind {
    public static let name = "mean"
    public static let statistic: any MergeableStatistic.Type = DecayedMeans.self

    public let eventTypes: Set<EventType>
    /// `value`, or `context.NAME`.
    public let number: String
    /// In milliseconds.
    public let halfLife: Int64

    public init(of eventTypes: Set<EventType>, number: String = "value", halfLife: Int64) {
        self.eventTypes = eventTypes
        self.number = number
        self.halfLife = halfLife
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["of", "number", "half-life"])
        eventTypes = try settings.types("of")
        number = try settings.number("number")
        halfLife = try settings.duration("half-life")
    }

    public var storedSettings: [StoredSetting] {
        [
            StoredSetting("of", .types(eventTypes)), StoredSetting("number", .text(number)),
            StoredSetting("halfLife", .whole(halfLife)),
        ]
    }
    public var rule: StatisticRule { .means(halfLife: halfLife) }

    /// An event that does not carry the number says nothing.
    public func observation(of event: Event) -> Observation? {
        event.number(number).map { Observation(time: event.time, amount: DecayWeight.units($0)) }
    }

    public func value(of statistic: Statistic?, at time: Int64) -> FeatureValue {
        guard let means = statistic?.as(DecayedMeans.self) else { return .unknown }
        func sum(_ part: KeyPath<DecayedMeans.Epoch, Int64>) -> Double {
            means.epochs.reduce(0) {
                $0 + DecayWeight.value(of: $1[keyPath: part], in: $1.epoch, at: time, halfLife: halfLife)
            }
        }
        let weight = sum(\.weight)
        return weight > 0 ? .number(sum(\.sum) / weight) : .unknown
    }
}

/// Decayed sums of a number and of the events that carried it, by epoch as ``DecayedSums`` are.
public struct DecayedMeans: MergeableStatistic {
    public static let code: UInt8 = 7
    public static let name = "means"

    public struct Epoch: Sendable, Equatable {
        public var epoch: Int64
        /// In units of 2⁻¹⁶.
        public var sum: Int64
        public var weight: Int64

        public init(epoch: Int64, sum: Int64, weight: Int64) {
            self.epoch = epoch
            self.sum = sum
            self.weight = weight
        }
    }

    /// Oldest first.
    public private(set) var epochs: [Epoch] = []

    public init() {}
    public init(_ epochs: [Epoch]) { self.epochs = epochs }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        let (epoch, weight) = DecayWeight.at(observation.time, halfLife: rule.span)
        epochs.add(
            Epoch(
                epoch: epoch, sum: DecayWeight.weigh(observation.amount, weight),
                weight: DecayWeight.weigh(DecayWeight.one, weight)), keep: rule.keep)
    }

    public mutating func merge(_ other: Self, by rule: StatisticRule) {
        for epoch in other.epochs { epochs.add(epoch, keep: rule.keep) }
    }

    public func write(to writer: inout StatisticWriter) {
        writer.append(epochs) { writer, epoch in
            writer.append(epoch.epoch)
            writer.append(epoch.sum)
            writer.append(epoch.weight)
        }
    }

    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        epochs = try reader.list(least: 3) { reader throws(StatisticReader.Damaged) in
            Epoch(epoch: try reader.number(), sum: try reader.number(), weight: try reader.number())
        }
    }
}

extension DecayedMeans.Epoch: TimeBucket {
    var index: Int64 { epoch }
    mutating func add(_ other: Self) {
        sum &+= other.sum
        weight &+= other.weight
    }
}

extension StatisticRule {
    /// - Parameter halfLife: in milliseconds.
    public static func means(halfLife: Int64) -> Self {
        StatisticRule(DecayedMeans.self, span: halfLife, keep: DecayWeight.epochs)
    }
}

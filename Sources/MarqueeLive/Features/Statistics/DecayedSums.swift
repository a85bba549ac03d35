/// Sums that decay by half in every half-life, kept apart by epoch: the epoch of time t is ⌊t/h⌋.
///
/// See ``DecayWeight`` for what an amount adds, and for the value at a time.
public struct DecayedSums: MergeableStatistic {
    public static let code: UInt8 = 1
    public static let name = "decayed"

    public struct Epoch: Sendable, Equatable {
        public var epoch: Int64
        /// In units of 2⁻¹⁶.
        public var sum: Int64

        public init(epoch: Int64, sum: Int64) {
            self.epoch = epoch
            self.sum = sum
        }
    }

    /// Oldest first.
    public private(set) var epochs: [Epoch] = []

    public init() {}
    public init(_ epochs: [Epoch]) { self.epochs = epochs }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        let (epoch, weight) = DecayWeight.at(observation.time, halfLife: rule.span)
        epochs.add(Epoch(epoch: epoch, sum: DecayWeight.weigh(observation.amount, weight)), keep: rule.keep)
    }

    public mutating func merge(_ other: Self, by rule: StatisticRule) {
        for epoch in other.epochs { epochs.add(epoch, keep: rule.keep) }
    }

    public func write(to writer: inout StatisticWriter) {
        writer.append(epochs) { writer, epoch in
            writer.append(epoch.epoch)
            writer.append(epoch.sum)
        }
    }

    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        epochs = try reader.list(least: 2) { reader throws(StatisticReader.Damaged) in
            Epoch(epoch: try reader.number(), sum: try reader.number())
        }
    }

    /// Σ sum_e / 2¹⁶ · 2^(e − time/h), for a half-life h in milliseconds.
    public func value(at time: Int64, halfLife: Int64) -> Double {
        epochs.reduce(0) { $0 + DecayWeight.value(of: $1.sum, in: $1.epoch, at: time, halfLife: halfLife) }
    }
}

extension DecayedSums.Epoch: TimeBucket {
    var index: Int64 { epoch }
    mutating func add(_ other: Self) { sum &+= other.sum }
}

extension StatisticRule {
    /// - Parameter halfLife: in milliseconds.
    public static func decayed(halfLife: Int64) -> Self {
        StatisticRule(DecayedSums.self, span: halfLife, keep: DecayWeight.epochs)
    }
}

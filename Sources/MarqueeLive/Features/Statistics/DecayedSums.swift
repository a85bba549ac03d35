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
        insert(Epoch(epoch: epoch, sum: DecayWeight.weigh(observation.amount, weight)))
        dropOld(rule)
    }

    public mutating func merge(_ other: Self, by rule: StatisticRule) {
        for epoch in other.epochs { insert(epoch) }
        dropOld(rule)
    }

    private mutating func insert(_ new: Epoch) {
        // The newest epoch is nearly always the one.
        let index = epochs.lastIndex { $0.epoch <= new.epoch }
        if let index, epochs[index].epoch == new.epoch {
            epochs[index].sum &+= new.sum
        } else {
            epochs.insert(new, at: index.map { $0 + 1 } ?? 0)
        }
    }

    private mutating func dropOld(_ rule: StatisticRule) {
        guard let newest = epochs.last?.epoch else { return }
        while epochs[0].epoch <= newest &- rule.keep { epochs.removeFirst() }
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

extension StatisticRule {
    /// - Parameter halfLife: in milliseconds.
    public static func decayed(halfLife: Int64) -> Self {
        StatisticRule(DecayedSums.self, span: halfLife, keep: DecayWeight.epochs)
    }
}

/// A sufficient statistic of the events that one feature observed of one entity, with their times.
///
/// Every one is a function of the *set* of observations, not of their order, in whole numbers: any engine that has
/// seen the same events has the same statistic, bit for bit, and statistics of disjoint sets can be merged:
/// add(∅, e₁…eₙ) = merge(add(∅, e₁…eₖ), add(∅, eₖ₊₁…eₙ)). Sums are modulo 2⁶⁴, since sums that saturate would depend
/// on the order. Decay and windows are finished when the feature is read.
///
/// Source: Agarwal, Cormode, Huang, Phillips, Wei and Yi, "Mergeable summaries", PODS 2012.
public protocol MergeableStatistic: Sendable, Equatable {
    /// The byte that its stored form begins with. It is on disk: never change it, never use one again.
    static var code: UInt8 { get }
    /// As a plan spells it: `decayed`.
    static var name: String { get }

    /// The statistic of nothing observed.
    init()

    /// Takes an observation in.
    mutating func add(_ observation: Observation, by rule: StatisticRule)
    /// Takes in the statistic of other observations of the same feature and entity.
    mutating func merge(_ other: Self, by rule: StatisticRule)

    /// Its stored form, without ``code``.
    func write(to writer: inout StatisticWriter)
    init(from reader: inout StatisticReader) throws(StatisticReader.Damaged)
}

/// Which statistic observations become, and how much of it is kept.
public struct StatisticRule: Sendable {
    public let statistic: any MergeableStatistic.Type
    /// The length of an epoch or a bucket in milliseconds; 1 where there are none.
    public let span: Int64
    /// How many epochs, buckets or items are kept; 1 where there are no such.
    public let keep: Int64

    public init(_ statistic: any MergeableStatistic.Type, span: Int64 = 1, keep: Int64 = 1) {
        self.statistic = statistic
        self.span = span
        self.keep = keep
    }

    /// The statistic of nothing observed.
    public var zero: Statistic { Statistic(statistic.init()) }
}

/// What one event contributes to one feature.
public struct Observation: Sendable, Equatable {
    /// Milliseconds since 1970.
    public var time: Int64
    /// What is summed, in units of 2⁻¹⁶.
    public var amount: Int64
    /// The cell of a grid.
    public var cell: Int32
    /// Whether it counts as a hit, and as a trial.
    public var isHit, isTrial: Bool
    public var item: String

    public init(
        time: Int64, amount: Int64 = 1 << 16, cell: Int32 = 0, isHit: Bool = false, isTrial: Bool = false,
        item: String = ""
    ) {
        self.time = time
        self.amount = amount
        self.cell = cell
        self.isHit = isHit
        self.isTrial = isTrial
        self.item = item
    }
}

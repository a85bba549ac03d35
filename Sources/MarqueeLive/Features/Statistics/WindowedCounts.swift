/// Hits and trials by bucket of time, of the newest buckets: the bucket of time t is ⌊t/width⌋.
public struct WindowedCounts: MergeableStatistic {
    public static let code: UInt8 = 2
    public static let name = "window"

    public struct Bucket: Sendable, Equatable {
        public var bucket, hits, trials: Int64

        public init(bucket: Int64, hits: Int64, trials: Int64) {
            self.bucket = bucket
            self.hits = hits
            self.trials = trials
        }
    }

    /// Oldest first.
    public private(set) var buckets: [Bucket] = []

    public init() {}
    public init(_ buckets: [Bucket]) { self.buckets = buckets }

    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        buckets.add(
            Bucket(
                bucket: observation.time.flooredQuotient(by: rule.span).quotient, hits: observation.isHit ? 1 : 0,
                trials: observation.isTrial ? 1 : 0), keep: rule.keep)
    }

    public mutating func merge(_ other: Self, by rule: StatisticRule) {
        for bucket in other.buckets { buckets.add(bucket, keep: rule.keep) }
    }

    public func write(to writer: inout StatisticWriter) {
        writer.append(buckets) { writer, bucket in
            writer.append(bucket.bucket)
            writer.append(bucket.hits)
            writer.append(bucket.trials)
        }
    }

    public init(from reader: inout StatisticReader) throws(StatisticReader.Damaged) {
        buckets = try reader.list(least: 3) { reader throws(StatisticReader.Damaged) in
            Bucket(bucket: try reader.number(), hits: try reader.number(), trials: try reader.number())
        }
    }

    /// Hits and trials of the `count` buckets that end with the one of `time`.
    public func sums(at time: Int64, width: Int64, buckets count: Int64) -> (hits: Int64, trials: Int64) {
        let newest = time.flooredQuotient(by: width).quotient
        var hits: Int64 = 0
        var trials: Int64 = 0
        for bucket in buckets where bucket.bucket <= newest && bucket.bucket > newest - count {
            hits &+= bucket.hits
            trials &+= bucket.trials
        }
        return (hits, trials)
    }
}

extension WindowedCounts.Bucket: TimeBucket {
    var index: Int64 { bucket }
    mutating func add(_ other: Self) {
        hits &+= other.hits
        trials &+= other.trials
    }
}

extension StatisticRule {
    /// The newest `buckets` of `width` milliseconds.
    public static func window(width: Int64, buckets: Int64) -> Self {
        StatisticRule(WindowedCounts.self, span: width, keep: buckets)
    }
}

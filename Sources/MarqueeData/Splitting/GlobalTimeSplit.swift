public import MarqueeRuntime

/// What happened before a moment trains, what happened from it on tests:
/// `{ global-time: { validation-from: 2014-07-01, test-from: 2015-01-01 } }`.
///
/// A moment is a date or a time as ISO 8601 writes them, Unix seconds in a settings file, or a share: `test-from: 0.9` is the time by which nine
/// tenths of the interactions (of the target) had happened; interactions of one time are never torn apart. Nothing
/// that trains is younger than anything held out. A pair known from before is no target again.
/// Users whose first interaction is held out stay in the holdout, unknown to the model. O(n log n)
/// for shares, else O(n).
public struct GlobalTimeSplit: Configuration, Hashable, Encodable {
    public enum Moment: Sendable, Hashable {
        /// Milliseconds since 1970-01-01 UTC.
        case time(Int64)
        /// In 0..<1.
        case share(Double)
    }

    public var validationFrom: Moment?
    public var testFrom: Moment
    public var auxiliary: Auxiliary

    public init(validationFrom: Moment? = nil, testFrom: Moment, auxiliary: Auxiliary = .keep) {
        self.validationFrom = validationFrom
        self.testFrom = testFrom
        self.auxiliary = auxiliary
    }

    func split(_ dataset: Dataset) throws -> (split: Split, report: SplitReport) {
        let log = dataset.log
        guard !log.timestamps.isEmpty else {
            throw SplitError(
                splitter: "global-time",
                reason: "the data has no timestamps; use ratio or leave-one-out with 'by: random'")
        }
        let sorted = needsShares ? log.targets.timestamps.sorted() : []
        let test = testFrom.time(in: sorted)
        let validation = validationFrom?.time(in: sorted) ?? test
        guard validation <= test else {
            throw SplitError(splitter: "global-time", reason: "validation-from lies behind test-from; swap them")
        }
        var keep = [Bool](repeating: false, count: log.count)
        var held: [[(user: Int32, item: Int32)]] = [[], []]
        let byUser = RowIndex(log.users, keyCount: log.userCount)
        var known: Set<Int32> = []
        for user in 0..<log.userCount {
            known.removeAll(keepingCapacity: true)
            // Train, then validation, then test: each side sees what the ones before it know.
            for side in [SplitSide.train, .validation, .test] {
                for row in byUser[user].lazy.map({ Int($0) }) {
                    let time = log.timestamps[row]
                    guard (time >= test ? .test : time >= validation ? .validation : .train) == side else { continue }
                    guard log.isTarget(row) else {
                        if side == .train { keep[row] = true }
                        continue
                    }
                    if known.insert(log.items[row]).inserted, side != .train {
                        held[side == .validation ? 0 : 1].append((Int32(user), log.items[row]))
                    }
                    if side == .train { keep[row] = true }
                }
            }
        }
        var split = Split(
            name: "global time", train: dataset.restricted(rows: keep).log,
            validation: validationFrom == nil ? nil : Holdout(pairs: held[0]), test: Holdout(pairs: held[1]))
        split.settle(auxiliary)
        return (split, SplitReport(split, of: dataset))
    }

    private var needsShares: Bool {
        if case .share = testFrom { return true }
        if case .share = validationFrom { return true }
        return false
    }

    public static let defaults = GlobalTimeSplit(testFrom: .share(1))
    public static let required = ["test-from"]

    enum CodingKeys: String, CodingKey {
        case validationFrom = "validation-from"
        case testFrom = "test-from"
        case auxiliary
    }
}

extension GlobalTimeSplit.Moment {
    /// The time meant, in milliseconds since 1970; a share is one of `sorted`, ascending times of which there is one
    /// at least.
    func time(in sorted: [Int64]) -> Int64 {
        switch self {
        case .time(let time): time
        case .share(let share): sorted[min(sorted.count - 1, max(0, Int(share * Double(sorted.count))))]
        }
    }
}

extension GlobalTimeSplit.Moment: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            guard number.isFinite, number > 0, number < 9e12 else {
                throw ConfigurationError(
                    at: decoder.codingPath.map { AnyCodingKey($0) },
                    "\(number) is neither a share between 0 and 1 nor Unix seconds")
            }
            self = number < 1 ? .share(number) : .time(Int64((number * 1000).rounded()))
        } else {
            let text = try container.decode(String.self)
            guard let time = ISOTime.milliseconds(text) else {
                throw ConfigurationError(
                    at: decoder.codingPath.map { AnyCodingKey($0) },
                    "'\(text)' is no moment; write a date such as 2015-01-31, Unix seconds, or a share such as 0.9")
            }
            self = .time(time)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .time(let time) where time % 1000 == 0: try container.encode(time / 1000)
        case .time(let time): try container.encode(Double(time) / 1000)
        case .share(let share): try container.encode(share)
        }
    }
}

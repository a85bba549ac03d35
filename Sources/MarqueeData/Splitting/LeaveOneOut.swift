public import MarqueeRuntime

/// Each user's newest item is the test; with `validation`, the newest of the rest is the validation
/// (leave-two-out): `{ leave-one-out: { by: time, validation: true } }`.
///
/// Where `by` is not said, newest is by time; data without times has no newest, and each user's items
/// are drawn at random by the seed instead, which the report says. Asking for `by: time` there is an
/// error.
///
/// A user keeps at least one item to learn from: one with a single item only trains, one with two
/// gives a test and no validation. Ties follow ``SplitOrder``; `ties: earlier-row` or `ties: seeded`
/// break equal timestamps otherwise, which matters where times are dates and rows are sorted by item.
/// Three passes over the interactions, no sorting: O(interactions).
///
/// With several behaviors it is the target's interactions that are held out and counted; `behavior`
/// names another target than the data's own. ``Auxiliary`` says what becomes of the rest.
public struct LeaveOneOut: Configuration, Hashable, Encodable {
    /// What is the newest; nil for time where there are times, else a draw.
    public var by: SplitOrder?
    public var validation: Bool
    public var ties: TieRule
    /// The behavior to hold out; nil for the data's target.
    public var behavior: String?
    public var auxiliary: Auxiliary

    public init(
        by: SplitOrder? = nil, validation: Bool = true, ties: TieRule = .laterRow, behavior: String? = nil,
        auxiliary: Auxiliary = .keep
    ) {
        self.by = by
        self.validation = validation
        self.ties = ties
        self.behavior = behavior
        self.auxiliary = auxiliary
    }

    func split(_ whole: Dataset, seed: UInt64) throws -> (split: Split, report: SplitReport) {
        var dataset = whole
        if let behavior {
            do {
                dataset.log = try whole.log.targeting(behavior)
            } catch let error as UnknownBehavior {
                throw SplitError(splitter: "leave-one-out", reason: "\(error)")
            }
        }
        let log = dataset.log
        if by == .time { try log.requireTimestamps("leave-one-out") }
        let order = by ?? log.chronology
        let newer = RowOrder(log, by: order, ties: ties, seed: seed)
        let newest = Self.newestItems(log, newer) { _, _ in true }
        let second = Self.newestItems(log, newer) { user, item in item != newest[user] }
        // Whether a third item is left to learn from.
        var test = newest
        var heldOut = [Int32](repeating: -1, count: validation ? log.userCount : 0)
        var spare = [Bool](repeating: false, count: log.userCount)
        var third = [Bool](repeating: false, count: log.userCount)
        for row in 0..<log.count where log.isTarget(row) {
            let user = Int(log.users[row])
            let item = log.items[row]
            if item != newest[user] {
                spare[user] = true
                if item != second[user] { third[user] = true }
            }
        }
        for user in 0..<log.userCount {
            if !spare[user] { test[user] = -1 }
            if validation, third[user] { heldOut[user] = second[user] }
        }
        var keep = [Bool](repeating: true, count: log.count)
        for row in 0..<log.count where log.isTarget(row) {
            let user = Int(log.users[row])
            let item = log.items[row]
            keep[row] = item != test[user] && !(validation && item == heldOut[user])
        }
        var split = Split(
            name: "leave-one-out by \(order.rawValue)",
            train: dataset.restricted(rows: keep).log,
            validation: validation ? Holdout(itemByUser: heldOut) : nil,
            test: Holdout(itemByUser: test))
        split.settle(auxiliary)
        let reason =
            by == nil && order == .random && log.count > 0
            ? "the data has no times, so each user's \(validation ? "test and validation items are" : "test item is") drawn at random"
            : nil
        let tied = order == .time ? Self.tied(log, newest: test) : 0
        let ties = SplitTies(users: tied, of: split.test.users.count, rule: ties)
        return (split, SplitReport(split, of: dataset, choice: reason, ties: ties))
    }

    /// How many users have another item at the time of their newest.
    private static func tied(_ log: InteractionLog, newest: [Int32]) -> Int {
        var times = [Int64](repeating: .min, count: log.userCount)
        for row in 0..<log.count where log.isTarget(row) && log.items[row] == newest[Int(log.users[row])] {
            times[Int(log.users[row])] = max(times[Int(log.users[row])], log.timestamps[row])
        }
        var isTied = [Bool](repeating: false, count: log.userCount)
        for row in 0..<log.count where log.isTarget(row) {
            let user = Int(log.users[row])
            if newest[user] >= 0, log.items[row] != newest[user], log.timestamps[row] == times[user] {
                isTied[user] = true
            }
        }
        return isTied.count { $0 }
    }

    /// Each user's newest target item among those that are allowed, -1 where there is none.
    static func newestItems(
        _ log: InteractionLog, _ order: RowOrder, where allows: (Int, Int32) -> Bool
    ) -> [Int32] {
        var best = [Int32](repeating: -1, count: log.userCount)
        for row in 0..<log.count where log.isTarget(row) {
            let user = Int(log.users[row])
            guard allows(user, log.items[row]) else { continue }
            if best[user] < 0 || order.isNewer(row, than: Int(best[user])) { best[user] = Int32(row) }
        }
        return best.map { $0 < 0 ? -1 : log.items[Int($0)] }
    }

    public static let defaults = LeaveOneOut()
}

/// Which of equal times is the newest: the row that comes later or earlier in the source, or one that the seed draws,
/// which matters where times are dates and rows are sorted by item.
public enum TieRule: String, Sendable, Codable, CaseIterable {
    case laterRow = "later-row"
    case earlierRow = "earlier-row"
    case seeded
}

/// Which of two rows is the newer: a strict total order.
struct RowOrder: Sendable {
    private let timestamps: [Int64]
    private let users, items: [Int32]
    private let random: RandomStream?
    private let laterRowIsNewer: Bool

    init(_ log: InteractionLog, by order: SplitOrder, ties: TieRule = .laterRow, seed: UInt64) {
        timestamps = order == .time ? log.timestamps : []
        (users, items) = (log.users, log.items)
        let stream = RandomStream(seed: seed, "split order")
        random = order == .random || order == .time && ties == .seeded ? stream : nil
        laterRowIsNewer = ties != .earlierRow
    }

    func isNewer(_ row: Int, than other: Int) -> Bool {
        if !timestamps.isEmpty, timestamps[row] != timestamps[other] { return timestamps[row] > timestamps[other] }
        if let random {
            let (mine, theirs) = (draw(row, random), draw(other, random))
            if mine != theirs { return mine > theirs }
        }
        return (row > other) == laterRowIsNewer
    }

    /// A number of the pair, not of the row: neither other rows nor their order change what is drawn,
    /// and an item that occurs often is as likely as one that occurs once.
    private func draw(_ row: Int, _ random: RandomStream) -> UInt64 {
        // Indices are not negative.
        RandomStream(key: random[UInt64(users[row])])[UInt64(items[row])]
    }
}

extension InteractionLog {
    /// By time where there are times; else at random, as rows may be sorted by item.
    var chronology: SplitOrder { timestamps.isEmpty ? .random : .time }

    func requireTimestamps(_ splitter: String) throws {
        guard timestamps.isEmpty, count > 0 else { return }
        throw SplitError(
            splitter: splitter,
            reason: "the data has no timestamps; write 'by: random', or 'by: row' where rows are in order of time")
    }
}

extension Holdout {
    /// One item a user, -1 for none.
    init(itemByUser items: [Int32]) {
        self.init(pairs: items.enumerated().filter { $0.element >= 0 }.map { (Int32($0.offset), $0.element) })
    }
}

public import MarqueeRuntime

/// Shares of each user's items, the newest to the test, those before to the validation:
/// `{ ratio: { train: 0.8, validation: 0.1, by: time, per: user } }`; the test has what remains.
///
/// A pair stands where its newest row stands. Of n items ⌊test · n⌋ are tested and ⌊validation · n⌋
/// validate, so that users with few items only train. `per: all` cuts the interactions of
/// everybody at once. Equal times follow `ties`, as in ``LeaveOneOut``. O(n log n).
public struct RatioSplit: Configuration, Hashable, Encodable {
    public enum Scope: String, Sendable, Codable, CaseIterable { case user, all }

    public var train, validation: Double
    public var by: SplitOrder
    public var per: Scope
    public var ties: TieRule
    public var auxiliary: Auxiliary

    public init(
        train: Double = 0.8, validation: Double = 0.1, by: SplitOrder = .time, per: Scope = .user,
        ties: TieRule = .laterRow, auxiliary: Auxiliary = .keep
    ) {
        self.train = train
        self.validation = validation
        self.by = by
        self.per = per
        self.ties = ties
        self.auxiliary = auxiliary
    }

    func split(_ dataset: Dataset, seed: UInt64) throws -> (split: Split, report: SplitReport) {
        guard train > 0, validation >= 0, train + validation < 1 else {
            throw SplitError(
                splitter: "ratio",
                reason:
                    "train is \(train) and validation \(validation); both together must leave something for the test")
        }
        let log = dataset.log
        if by == .time { try log.requireTimestamps("ratio") }
        let order = RowOrder(log, by: by, ties: ties, seed: seed)
        var pairs = DistinctPairs(log, newest: order)
        let groups = per == .user ? pairs.offsets : [0, pairs.rows.count]
        var sides = [SplitSide](repeating: .train, count: pairs.rows.count)
        var (tied, tested) = (0, 0)
        for group in 0..<groups.count - 1 {
            let range = groups[group]..<groups[group + 1]
            pairs.rows[range].sort { order.isNewer(Int($1), than: Int($0)) }
            // Shares such as 0.1 of 10 come out as 0.999… and mean 1.
            let asked = Int(((1 - train - validation) * Double(range.count) + 1e-9).rounded(.down))
            let validated = Int((validation * Double(range.count) + 1e-9).rounded(.down))
            for k in range.suffix(asked) { sides[k] = .test }
            for k in range.dropLast(asked).suffix(validated) { sides[k] = .validation }
            tested += asked > 0 ? 1 : 0
            if by == .time, let first = range.suffix(asked).first, first > range.lowerBound, asked > 0,
                log.timestamps[Int(pairs.rows[first])] == log.timestamps[Int(pairs.rows[first - 1])]
            {
                tied += 1
            }
        }
        guard tested > 0 || pairs.rows.isEmpty else {
            let share = Int(((1 - train - validation) * 100).rounded())
            let most = zip(groups, groups.dropFirst()).map { $1 - $0 }.max() ?? 0
            throw SplitError(
                splitter: "ratio",
                reason:
                    "\(share) % of \(most) items, the most that \(per == .user ? "a user has" : "there are"), are less "
                    + "than one to test; lower train or validation\(per == .user ? ", or write 'per: all'" : "")")
        }
        var split = pairs.split(
            dataset, named: "ratio by \(by.rawValue) per \(per.rawValue)", sides: sides, validates: validation > 0)
        split.settle(auxiliary)
        return (
            split,
            SplitReport(
                split, of: dataset, ties: per == .user ? SplitTies(users: tied, of: tested, rule: ties) : nil)
        )
    }

    public static let defaults = RatioSplit()
}

enum SplitSide: UInt8 { case train, validation, test }

/// Each user's distinct items of the target behavior, every one by its newest row.
struct DistinctPairs {
    /// Grouped by user: user u's are `offsets[u]..<offsets[u + 1]`.
    var rows: [Int32] = []
    private(set) var offsets = [0]

    init(_ log: InteractionLog, newest order: RowOrder) {
        let byUser = RowIndex(log.users, keyCount: log.userCount)
        var best: [Int32: Int32] = [:]
        for user in 0..<log.userCount {
            best.removeAll(keepingCapacity: true)
            for row in byUser[user] where log.isTarget(Int(row)) {
                let item = log.items[Int(row)]
                if let other = best[item], !order.isNewer(Int(row), than: Int(other)) { continue }
                best[item] = row
            }
            rows += best.values.sorted()
            offsets.append(rows.count)
        }
    }

    /// The split in which pair k stands on `sides[k]`; earlier rows of a held-out pair go.
    func split(_ dataset: Dataset, named name: String, sides: [SplitSide], validates: Bool) -> Split {
        let log = dataset.log
        var held: [[(user: Int32, item: Int32)]] = [[], []]
        var isHeld = [Bool](repeating: false, count: log.count)
        for (row, side) in zip(rows, sides) where side != .train {
            isHeld[Int(row)] = true
            held[side == .validation ? 0 : 1].append((log.users[Int(row)], log.items[Int(row)]))
        }
        let validation = Holdout(pairs: held[0])
        let test = Holdout(pairs: held[1])
        let repeats = HeldPairs([validation, test], userCount: log.userCount)
        let keep = (0..<log.count).map {
            !log.isTarget($0) || !isHeld[$0] && !repeats.contains(log.users[$0], log.items[$0])
        }
        return Split(
            name: name, train: dataset.restricted(rows: keep).log, validation: validates ? validation : nil, test: test)
    }
}

/// Whether a pair is held out, in O(log of the user's targets).
struct HeldPairs {
    private let holdouts: [Holdout]
    /// By holdout and user: the place in the holdout, -1 for none.
    private let places: [[Int32]]

    init(_ holdouts: [Holdout], userCount: Int) {
        self.holdouts = holdouts
        places = holdouts.map { holdout in
            var places = [Int32](repeating: -1, count: userCount)
            for (k, user) in holdout.users.enumerated() { places[Int(user)] = Int32(k) }
            return places
        }
    }

    func contains(_ user: Int32, _ item: Int32) -> Bool {
        zip(holdouts, places).contains { holdout, places in
            places[Int(user)] >= 0 && holdout.index(of: item, for: Int(places[Int(user)])) != nil
        }
    }
}

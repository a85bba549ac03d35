public import MarqueeRuntime

/// Users whom no model learns from: strong generalization, as in Liang, Krishnan, Hoffman and Jebara, "Variational
/// Autoencoders for Collaborative Filtering" (WWW 2018, section 4.1):
/// `{ held-out-users: { users: 0.1, share: 0.8 } }`.
///
/// Validation and test users leave the training data wholly. Of the n items of one of them, ⌊(1 − share) · n⌋ are asked
/// for, and the others given as the history to answer from (``Split/given``); users of whom nothing could be asked
/// are not held out. Who is held out is drawn by the seed. What is asked for is drawn too, or is the newest with
/// `by: time`. O(n log n).
public struct HeldOutUsers: Configuration, Hashable, Encodable {
    /// How many validate, and how many test: a share of all users where it is below 1, else a number of them.
    public var users: Double
    /// The share of a held-out user's items that is given.
    public var share: Double
    /// What is asked for: the newest by this order.
    public var by: SplitOrder
    /// Which of equal times is the newest.
    public var ties: TieRule
    /// Whether the histories hold the auxiliary interactions of what is asked for.
    public var auxiliary: Auxiliary

    public init(
        users: Double = 0.1, share: Double = 0.8, by: SplitOrder = .random, ties: TieRule = .laterRow,
        auxiliary: Auxiliary = .keep
    ) {
        self.users = users
        self.share = share
        self.by = by
        self.ties = ties
        self.auxiliary = auxiliary
    }

    func split(_ dataset: Dataset, seed: UInt64) throws -> (split: Split, report: SplitReport) {
        func bad(_ reason: String) -> SplitError { SplitError(splitter: "held-out-users", reason: reason) }
        guard share > 0, share < 1 else { throw bad("share is \(share); it must lie between 0 and 1, such as 0.8") }
        guard users > 0 else { throw bad("users is \(users); write a share such as 0.1 or a number of users") }
        let log = dataset.log
        if by == .time { try log.requireTimestamps("held-out-users") }
        let order = RowOrder(log, by: by, ties: ties, seed: seed)
        var pairs = DistinctPairs(log, newest: order)
        // Shares such as 0.2 of 10 come out as 1.999… and mean 2.
        func askedCount(_ user: Int) -> Int {
            Int(((1 - share) * Double(pairs.offsets[user + 1] - pairs.offsets[user]) + 1e-9).rounded(.down))
        }
        let count = users < 1 ? max(1, Int((users * Double(log.userCount)).rounded())) : Int(users)
        let stream = RandomStream(seed: seed, "held-out users")
        let drawn = (0..<log.userCount).filter { askedCount($0) > 0 }.sorted {
            (stream[UInt64($0)], $0) < (stream[UInt64($1)], $1)
        }
        guard drawn.count >= 2 * count, log.userCount > 2 * count else {
            throw bad(
                "\(count.grouped) users to validate and as many to test are too many: \(drawn.count.grouped) of "
                    + "\(log.userCount.grouped) have items enough to be asked for, and somebody must be learned from; "
                    + "lower users")
        }
        var sides = [SplitSide](repeating: .train, count: log.userCount)
        for user in drawn[..<count] { sides[user] = .test }
        for user in drawn[count..<2 * count] { sides[user] = .validation }
        var asked: [SplitSide: [(user: Int32, item: Int32)]] = [:]
        var tied = 0
        for user in drawn[..<(2 * count)] {
            let range = pairs.offsets[user]..<pairs.offsets[user + 1]
            pairs.rows[range].sort { order.isNewer(Int($1), than: Int($0)) }
            let first = range.upperBound - askedCount(user)
            if by == .time, sides[user] == .test, first > range.lowerBound,
                log.timestamps[Int(pairs.rows[first])] == log.timestamps[Int(pairs.rows[first - 1])]
            {
                tied += 1
            }
            for row in pairs.rows[range].suffix(askedCount(user)) {
                asked[sides[user], default: []].append((Int32(user), log.items[Int(row)]))
            }
        }
        let (validation, test) = (Holdout(pairs: asked[.validation] ?? []), Holdout(pairs: asked[.test] ?? []))
        let held = HeldPairs([validation, test], userCount: log.userCount)
        func isHeld(_ row: Int) -> Bool { held.contains(log.users[row], log.items[row]) }
        func rows(_ side: SplitSide, where keeps: (Int) -> Bool = { _ in true }) -> InteractionLog {
            log.selecting((0..<log.count).filter { sides[Int(log.users[$0])] == side && keeps($0) })
        }
        func given(_ side: SplitSide) -> InteractionLog {
            rows(side) { !isHeld($0) || !log.isTarget($0) && auxiliary == .keep }
        }
        var split = Split(
            name: "held-out-users, \(Int((share * 100).rounded())) % given by \(by.rawValue)", train: rows(.train),
            validation: validation, test: test,
            given: GivenInteractions(validation: given(.validation), test: given(.test)))
        split.settle(auxiliary)
        if split.auxiliary == .drop {
            split.dropped = log.selecting(
                (0..<log.count).filter { sides[Int(log.users[$0])] != .train && isHeld($0) && !log.isTarget($0) })
        }
        return (split, SplitReport(split, of: dataset, ties: SplitTies(users: tied, of: count, rule: ties)))
    }

    public static let defaults = HeldOutUsers()
}

/// What held-out users did before they are asked for, every behavior included: rows under the vocabularies of the
/// training data, in which they have none.
public struct GivenInteractions: Sendable, Equatable {
    public var validation, test: InteractionLog

    public init(validation: InteractionLog, test: InteractionLog) {
        self.validation = validation
        self.test = test
    }
}

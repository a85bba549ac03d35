internal import MarqueeRuntime

extension FrozenNegatives {
    /// For each user of `holdout`, `count` distinct items drawn uniformly from those that the user
    /// touches nowhere with the target behavior: not in training, not in a given history, not in validation, not in
    /// the test.
    /// What the user touched with another behavior may be drawn. They depend on the seed and the user alone. A user who has left fewer untouched gets all of them. O(items + the user's
    /// own) a user.
    /// - Parameters:
    ///   - holdout: the validation or the test of `split`, or a part of it.
    ///   - part: a name and the items, ascending, that are drawn from; nil for all.
    public static func uniform(
        _ count: Int = 99, for holdout: Holdout, of split: Split, among part: (name: String, items: [Int32])? = nil,
        seed: UInt64
    ) -> FrozenNegatives {
        let itemCount = part?.items.count ?? split.train.itemCount
        let known = ([split.train] + (split.given.map { [$0.validation, $0.test] } ?? [])).map(\.targets)
        let rows = known.map { RowIndex($0.users, keyCount: $0.userCount) }
        let holdouts = [split.validation, split.test].compactMap { $0 }
        var places = holdouts.map { _ in [Int](repeating: -1, count: split.train.userCount) }
        for (h, held) in holdouts.enumerated() {
            for (k, user) in held.users.enumerated() { places[h][Int(user)] = k }
        }
        let drawn = WorkerPool.shared.map(holdout.users.count) { [places] k -> [Int32] in
            let user = Int(holdout.users[k])
            var touched: Set<Int32> = []
            for (log, rows) in zip(known, rows) { touched.formUnion(rows[user].lazy.map { log.items[Int($0)] }) }
            for (h, held) in holdouts.enumerated() where places[h][user] >= 0 {
                touched.formUnion(held[places[h][user]])
            }
            let left = itemCount - (part.map { $0.items.count { touched.contains($0) } } ?? touched.count)
            let stream = RandomStream(seed: seed, "frozen negatives", user)
            func item(_ index: Int) -> Int32 { part?.items[index] ?? Int32(index) }
            func untouched() -> [Int32] { (0..<itemCount).lazy.map(item).filter { !touched.contains($0) } }
            guard left > count else { return untouched() }
            var drawn: [Int32] = []
            drawn.reserveCapacity(count)
            if left > 2 * count, left > itemCount / 8 {
                var counter: UInt64 = 0
                while drawn.count < count {
                    let drawnItem = item(stream.integer(at: counter, below: itemCount))
                    counter += 1
                    if touched.insert(drawnItem).inserted { drawn.append(drawnItem) }
                }
            } else {
                // Few are left: the front of a shuffle of them.
                var rest = untouched()
                for place in 0..<count {
                    rest.swapAt(place, place + stream.integer(at: UInt64(place), below: rest.count - place))
                }
                drawn = Array(rest[..<count])
            }
            return drawn
        }
        return FrozenNegatives(
            name: "\(count) uniform unseen\(part.map { " in \($0.name)" } ?? ""), seed \(seed)", rows: drawn)
    }
}

extension FrozenNegatives {
    /// For each target of `holdout` by itself, `count` items drawn uniformly and with replacement from those that have
    /// training interactions of the target behavior, the target itself excepted, whatever the user touched: the protocol
    /// of CDRIB (Cao et al., ICDE 2022, section V-A). Rows follow the holdout's targets and depend on the seed, the user
    /// and the target alone. O(items + targets · count).
    /// - Parameter part: a name and the items, ascending, that are drawn from; nil for all.
    public static func perTarget(
        _ count: Int, for holdout: Holdout, of split: Split, among part: (name: String, items: [Int32])? = nil,
        seed: UInt64
    ) -> FrozenNegatives {
        var isTrained = [Bool](repeating: false, count: split.train.itemCount)
        for item in split.train.targets.items { isTrained[Int(item)] = true }
        let items = (part?.items ?? (0..<Int32(split.train.itemCount)).map { $0 }).filter { isTrained[Int($0)] }
        let rows = holdout.users.indices.flatMap { k in
            holdout[k].map { target -> [Int32] in
                guard items.contains(where: { $0 != target }) else { return [] }
                var stream = RandomStream(
                    key: RandomStream(seed: seed, "negatives of a target", Int(holdout.users[k]))[UInt64(target)])
                var row: [Int32] = []
                while row.count < count {
                    let item = items[Int(stream.next() % UInt64(items.count))]
                    if item != target { row.append(item) }
                }
                return row
            }
        }
        return FrozenNegatives(
            name: "\(count) uniform of training\(part.map { " in \($0.name)" } ?? ""), with replacement, seed \(seed)",
            rows: rows)
    }
}

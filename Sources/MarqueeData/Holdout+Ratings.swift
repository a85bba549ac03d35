extension Holdout {
    /// From distinct rated pairs in any order.
    public init(rated pairs: [(user: Int32, item: Int32, rating: Float)]) {
        let plain = Holdout(pairs: pairs.lazy.map { (user: $0.user, item: $0.item) })
        precondition(plain.items.count == pairs.count, "a pair has one rating")
        self.init(
            users: plain.users, offsets: plain.offsets, items: plain.items,
            ratings: pairs.sorted { ($0.user, $0.item) < ($1.user, $1.item) }.map(\.rating))
    }

    /// The same targets with what the rows of `log`, which they were held out of, say that they were rated: of several
    /// rows of a pair the newest, of equally new ones the last. Itself where it has ratings already, or the log has none.
    /// O(rows · log targets).
    public func rated(by log: InteractionLog) -> Holdout {
        guard ratings.isEmpty, !log.values.isEmpty else { return self }
        var indices = [Int32](repeating: -1, count: log.userCount)
        for (k, user) in users.enumerated() { indices[Int(user)] = Int32(k) }
        var ratings = [Float](repeating: 0, count: items.count)
        var times = [Int64](repeating: .min, count: items.count)
        for row in 0..<log.count where log.isTarget(row) && indices[Int(log.users[row])] >= 0 {
            guard let index = index(of: log.items[row], for: Int(indices[Int(log.users[row])])) else { continue }
            let time = log.timestamps.isEmpty ? 0 : log.timestamps[row]
            guard time >= times[index] else { continue }
            (ratings[index], times[index]) = (log.values[row], time)
        }
        return Holdout(users: users, offsets: offsets, items: items, ratings: ratings)
    }

    /// The targets that `transform` leaves, under the numbers that it gives; users who are left without one go.
    public func compactMap(_ transform: (_ user: Int32, _ item: Int32) -> (user: Int32, item: Int32)?) -> Holdout {
        let pairs = users.indices.flatMap { k in
            (offsets[k]..<offsets[k + 1]).compactMap { index in
                transform(users[k], items[index]).map {
                    (user: $0.user, item: $0.item, rating: ratings.isEmpty ? 0 : ratings[index])
                }
            }
        }
        return ratings.isEmpty ? Holdout(pairs: pairs.map { ($0.user, $0.item) }) : Holdout(rated: pairs)
    }

    /// Where an item stands in ``items`` as a target of the `k`-th user; nil where it is none. O(log targets).
    func index(of item: Int32, for k: Int) -> Int? {
        var range = offsets[k]..<offsets[k + 1]
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            if items[middle] == item { return middle }
            range = items[middle] < item ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}

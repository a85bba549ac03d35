extension UserHistories {
    /// The newest `count` events of every user. O(users + events kept).
    public func newest(_ count: Int) -> UserHistories {
        selecting(
            rows: (0..<Int32(userCount)).map { user in
                let range = offsets[Int(user)]..<offsets[Int(user) + 1]
                return range.suffix(count)
            })
    }

    /// Those events that `isIncluded` says, in their order. O(users + events).
    public func selecting(_ isIncluded: (History.Event) -> Bool) -> UserHistories {
        selecting(
            rows: (0..<Int32(userCount)).map { user in
                let history = self[user]
                return history.indices.filter { isIncluded(history[$0]) }
            })
    }

    /// By user the rows of the columns that stay.
    private func selecting(rows: [some Collection<Int>]) -> UserHistories {
        var offsets = [0]
        offsets.reserveCapacity(rows.count + 1)
        for own in rows { offsets.append(offsets[offsets.count - 1] + own.count) }
        func column<Value>(_ values: [Value]) -> [Value] {
            values.isEmpty ? [] : rows.flatMap { own in own.map { values[$0] } }
        }
        return UserHistories(
            offsets: offsets, items: column(items), behaviors: column(behaviors), times: column(times),
            values: column(values), sessions: column(sessions))
    }
}

public import MarqueeData

/// Slices of data with several behaviors, and of users and items that are hardly known.
extension Slice {
    /// Users who did something else with a target in training, and the others: most of the former
    /// are answered by the rule "what is in the cart". Of several targets one is enough.
    ///
    ///     auxiliary: target has a view or cart
    ///     auxiliary: target has no view or cart
    ///
    /// - Parameters:
    ///   - log: every behavior of training.
    ///   - dropped: what the strict protocol took away from it; the slices are then by what had been there.
    public static func auxiliary(_ log: InteractionLog, dropped: InteractionLog? = nil) -> [Slice] {
        var others = log.selecting((0..<log.count).filter { !log.isTarget($0) })
        if let dropped {
            others.users += dropped.users
            others.items += dropped.items
        }
        others.values = []
        let touched = InteractionMatrix(others)
        var names = log.behaviorNames
        if names.count > 1 { names.remove(at: Int(log.target)) } else { names = [] }
        let what = names.isEmpty ? "other behavior" : names.joined(separator: " or ")
        let when = dropped == nil ? "has" : "had"
        return [
            Slice("auxiliary: target \(when) a \(what)") { user, targets in
                targets.contains { touched.contains(user, $0) }
            },
            Slice("auxiliary: target \(when) no \(what)") { user, targets in
                !targets.contains { touched.contains(user, $0) }
            },
        ]
    }

    /// Users by how many training interactions of any behavior they have: below 10, 10–19, 20–49,
    /// 50–99, 100–199, 200–499, 500 and more. Bands without a held-out user are left out.
    public static func userInteractions(_ log: InteractionLog, of holdout: Holdout) -> [Slice] {
        var counts = [Int](repeating: 0, count: log.userCount)
        for user in log.users { counts[Int(user)] += 1 }
        let borders = [10, 20, 50, 100, 200, 500]
        let held = holdout.users.map { counts[Int($0)] }
        let bands = zip([0] + borders, borders + [Int.max])
        return bands.compactMap { lower, upper -> Slice? in
            guard held.contains(where: { (lower..<upper).contains($0) }) else { return nil }
            let name = upper == .max ? "\(lower) and more" : lower == 0 ? "fewer than \(upper)" : "\(lower)–\(upper - 1)"
            return Slice("user-interactions: \(name)") { [counts] user, _ in (lower..<upper).contains(counts[Int(user)]) }
        }
    }

    /// Users with fewer than `limit` training interactions of the target behavior, users all of whose
    /// targets have fewer, and those of whom neither is so.
    ///
    ///     cold-start: user with fewer than 5 buys
    ///     cold-start: target with fewer than 5 buys
    ///     cold-start: user and target with 5 buys or more
    ///
    /// - Parameters:
    ///   - train: the target behavior, users × items.
    ///   - name: what one interaction is called: `buy`.
    public static func coldStart(below limit: Int, _ train: InteractionMatrix, called name: String = "interaction") -> [Slice] {
        let items = train.columnCounts()
        let counted = limit == 1 ? name : "\(name)s"
        @Sendable func isCold(_ user: Int32) -> Bool { train[user].count < limit }
        @Sendable func areCold(_ targets: ArraySlice<Int32>) -> Bool { targets.allSatisfy { items[Int($0)] < limit } }
        return [
            Slice("cold-start: user with fewer than \(limit) \(counted)") { user, _ in isCold(user) },
            Slice("cold-start: target with fewer than \(limit) \(counted)") { _, targets in areCold(targets) },
            Slice("cold-start: user and target with \(limit) \(counted) or more") { user, targets in
                !isCold(user) && !areCold(targets)
            },
        ]
    }
}

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
    ///
    /// - Parameter edges: where a band ends and the next begins, ascending.
    public static func userInteractions(
        _ log: InteractionLog, of holdout: Holdout, edges: [Int] = [10, 20, 50, 100, 200, 500]
    ) -> [Slice] {
        var counts = [Int](repeating: 0, count: log.userCount)
        for user in log.users { counts[Int(user)] += 1 }
        return bands("user-interactions", edges, of: holdout) { [counts] user, _ in counts[Int(user)] }
    }

    /// Users by how many training interactions of the target behavior they have, and the same for the
    /// least known of their targets; with edges 1, 2, 5
    ///
    ///     cold-start users: 0 buys        cold-start items: 0 buys
    ///     cold-start users: 1 buy         …
    ///     cold-start users: 2–4 buys
    ///     cold-start users: 5 buys and more
    ///
    /// Bands without a held-out user are left out.
    /// - Parameters:
    ///   - edges: where a band ends and the next begins, ascending.
    ///   - train: the target behavior, users × items.
    ///   - name: what one interaction is called: `buy`.
    public static func coldStart(
        edges: [Int], _ train: InteractionMatrix, of holdout: Holdout, called name: String = "interaction"
    ) -> [Slice] {
        let items = train.columnCounts()
        return bands("cold-start users", edges, of: holdout, called: name) { user, _ in train[user].count }
            + bands("cold-start items", edges, of: holdout, called: name) { _, targets in
                targets.lazy.map { items[Int($0)] }.min() ?? 0
            }
    }

    /// Users by a count, from one edge to below the next.
    private static func bands(
        _ kind: String, _ edges: [Int], of holdout: Holdout, called name: String? = nil,
        by count: @escaping @Sendable (Int32, ArraySlice<Int32>) -> Int
    ) -> [Slice] {
        let held = holdout.users.indices.map { count(holdout.users[$0], holdout[$0]) }
        return zip([0] + edges, edges + [Int.max]).compactMap { lower, upper -> Slice? in
            guard held.contains(where: { (lower..<upper).contains($0) }) else { return nil }
            let unit = name.map { " \($0)\(lower == 1 && upper == 2 ? "" : "s")" } ?? ""
            let title =
                upper == .max
                ? "\(lower)\(unit) and more"
                : upper == lower + 1
                    ? "\(lower)\(unit)"
                    : lower == 0 ? "fewer than \(upper)\(unit)" : "\(lower)–\(upper - 1)\(unit)"
            return Slice("\(kind): \(title)") { user, targets in (lower..<upper).contains(count(user, targets)) }
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
    public static func coldStart(below limit: Int, _ train: InteractionMatrix, called name: String = "interaction")
        -> [Slice]
    {
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

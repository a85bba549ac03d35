extension InteractionLog {
    /// These rows, then those of another log under the same vocabularies and behaviors.
    /// - Precondition: both have the same columns, or one has no rows.
    public func appending(_ other: InteractionLog) -> InteractionLog {
        if count == 0 { return other }
        if other.count == 0 { return self }
        func isWhole<Value>(_ column: [Value], _ others: [Value]) -> Bool { column.isEmpty == others.isEmpty }
        precondition(
            isWhole(behaviors, other.behaviors) && isWhole(values, other.values)
                && isWhole(timestamps, other.timestamps) && isWhole(sessions, other.sessions), "columns differ")
        var log = self
        log.users += other.users
        log.items += other.items
        log.behaviors += other.behaviors
        log.values += other.values
        log.timestamps += other.timestamps
        log.sessions += other.sessions
        return log
    }

    /// The same rows under a user vocabulary of those alone who have one, in their order. O(users + interactions).
    public func droppingIdleUsers() -> InteractionLog {
        var isActive = [Bool](repeating: false, count: userCount)
        for user in users { isActive[Int(user)] = true }
        let renumbering = Renumbering(userCount, keeping: isActive)
        var log = self
        log.userVocabulary = renumbering.drops ? renumbering.keep(userVocabulary) : userVocabulary
        log.users = users.map { renumbering[$0] }
        return log
    }
}

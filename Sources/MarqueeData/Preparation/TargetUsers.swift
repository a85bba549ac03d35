extension Dataset {
    /// Only users with an interaction of the target behavior, held-out ones included: others are nobody who could be
    /// asked about. Every item stays.
    func keepingTargetUsers() -> (Dataset, String) {
        var stays = [Bool](repeating: false, count: log.userCount)
        for row in 0..<log.count where log.isTarget(row) { stays[Int(log.users[row])] = true }
        for holdout in [frozen?.holdout, frozen?.validation] {
            for user in holdout?.users ?? [] { stays[Int(user)] = true }
        }
        let dropped = stays.count { !$0 }
        let result = restricted(users: stays)
        return (result, "dropped \(dropped.grouped) users without \(log.targetName)")
    }
}

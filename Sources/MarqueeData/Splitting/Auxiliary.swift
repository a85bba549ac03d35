/// What becomes of the other things that a user did with an item that is held out: views and carts of
/// the very purchase that is asked for.
///
/// With `keep`, the usual protocol, they stay in the training data, where a rule as plain as "what is
/// in the cart" finds most targets. With `drop`, the protocol called strict, they go, and a model has
/// to know from other items and other users. Since then nothing that a user touched is ever a target,
/// ranking what was touched last is a gain of its own in full ranking: read strict figures beside rules
/// that do so, or beside ones that never saw the touches.
public enum Auxiliary: String, Sendable, Codable, CaseIterable { case keep, drop }

extension Split {
    /// Says which behavior is held out, and with `drop` takes from the training data every auxiliary
    /// interaction of a held-out pair. Does nothing where there is one behavior. O(interactions · log targets).
    mutating func settle(_ auxiliary: Auxiliary) {
        guard train.behaviorNames.count > 1 else { return }
        self.auxiliary = auxiliary
        name += " on \(train.targetName)"
        guard auxiliary == .drop else { return }
        name += ", strict"
        let held = HeldPairs([validation, test].compactMap { $0 }, userCount: train.userCount)
        func goes(_ row: Int) -> Bool { !train.isTarget(row) && held.contains(train.users[row], train.items[row]) }
        let going = (0..<train.count).filter(goes)
        dropped = train.selecting(going)
        train = train.selecting((0..<train.count).filter { !goes($0) })
    }
}

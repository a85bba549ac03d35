internal import MarqueeRuntime

/// Which behavior is predicted, and which only help.
extension InteractionLog {
    /// The behavior of a row.
    public func behavior(of row: Int) -> UInt8 { behaviors.isEmpty ? 0 : behaviors[row] }

    /// Whether the row is of the ``target`` behavior; always, when there is one behavior.
    public func isTarget(_ row: Int) -> Bool { behaviors.isEmpty || behaviors[row] == target }

    /// The target behavior's name.
    public var targetName: String {
        behaviorNames.indices.contains(Int(target)) ? behaviorNames[Int(target)] : "interaction"
    }

    /// The rows of one behavior, in their order, under the same vocabularies and names.
    /// - Precondition: `behavior` is an index into ``behaviorNames``.
    public func selecting(behavior: UInt8) -> InteractionLog {
        precondition(Int(behavior) < behaviorNames.count, "there is no such behavior")
        if behaviors.isEmpty { return behavior == 0 ? self : selecting([]) }
        return selecting(behaviors.indices.filter { behaviors[$0] == behavior })
    }

    /// The rows of the ``target`` behavior; the log itself when there is one behavior.
    public var targets: InteractionLog { behaviors.isEmpty ? self : selecting(behavior: target) }

    /// This log with another behavior to predict.
    /// - Throws: ``UnknownBehavior``, which lists those that there are.
    public func targeting(_ name: String) throws -> InteractionLog {
        guard let index = behaviorNames.firstIndex(of: name) else {
            throw UnknownBehavior(name: name, known: behaviorNames)
        }
        var log = self
        log.target = UInt8(index)
        return log
    }

    /// The most committed of these behaviors, by what shops call them: a purchase before a cart, a
    /// cart before a favorite, a favorite before a view. Of equals the first; 0 when no name is known.
    public static func mostCommitted(of names: [String]) -> UInt8 {
        let ranks = names.map(commitment)
        guard let highest = ranks.max(), highest > 0, let index = ranks.firstIndex(of: highest) else { return 0 }
        return UInt8(clamping: index)
    }

    /// 4 for a purchase, 3 for a cart, 2 for a favorite, 1 for a view, 0 for any other name.
    static func commitment(_ name: String) -> Int {
        switch name.lowercased().filter(\.isLetter) {
        case "buy", "purchase", "order", "transaction", "pay": 4
        case "cart", "addtocart", "basket": 3
        case "favorite", "favourite", "fav", "collect", "wishlist": 2
        case "view", "click", "pv", "pageview", "browse": 1
        default: 0
        }
    }
}

/// A behavior that the data does not have.
public struct UnknownBehavior: Error, Equatable, CustomStringConvertible {
    public let name: String
    public let known: [String]

    public var description: String { Spelling.complaint(unknown: "behavior", name, valid: known) }
}

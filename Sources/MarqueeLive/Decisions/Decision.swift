/// What was asked for.
public struct DecisionQuery: Sendable, Equatable {
    public var who: Who
    public var count: Int
    /// Only items of this domain or category; nil for all.
    public var domain: String?
    public var category: String?
    /// Items touched just now that no event has told of, the newest first: a session's.
    public var touched: [String]

    public init(who: Who, count: Int = 10, domain: String? = nil, category: String? = nil, touched: [String] = []) {
        self.who = who
        self.count = count
        self.domain = domain
        self.category = category
        self.touched = touched
    }
}

/// Which link of the chain answered, the strongest first.
public enum DecisionLink: String, Codable, Sendable, CaseIterable {
    /// The deployed model ranked for a user whom it knows.
    case model
    /// Likeness to what was touched lately; for somebody whom the model does not know.
    case session
    /// What is trending and popular; for somebody of whom nothing is known, or without a model.
    case popular
    /// Whatever is published, the newest first.
    case catalog
    /// Nothing is left to show.
    case empty

    /// Reads the spelling of decision logs from before version 2 too, where `catalog` was `catalogue`.
    public init?(rawValue: String) {
        guard let link = Self.allCases.first(where: { $0.rawValue == (rawValue == "catalogue" ? "catalog" : rawValue) })
        else {
            return nil
        }
        self = link
    }
}

/// The stages of a decision, in their order.
public enum DecisionStage: Int, CaseIterable, Sendable {
    case features, candidates, filters, ranking, policy, logging
    public var name: String { "\(self)" }
}

/// One answer, with everything that it takes to give it again to the bit.
public struct Decision: Sendable, Equatable, Identifiable {
    /// Ascends with time; events name the decision that showed an item by ``name``.
    public let id: Int64
    /// Milliseconds since 1970.
    public let time: Int64
    public let query: DecisionQuery
    /// The name under which the policy worked and learned, `experiment/arm`; empty for the server's own.
    public let arm: String
    /// The arms that they are in, one a layer at most.
    public let assignments: [ExperimentLayers.Assignment]
    public let link: DecisionLink
    /// What stood in the way of a stronger link, for people.
    public let notes: [String]
    /// Whom the policy chose among, in this order.
    public let choices: ChoiceSet
    public let slate: Slate
    /// Digest of ``choices``.
    public let digest: UInt64
    /// Version of the deployed model, empty without one.
    public let model: String
    /// The policy's name, `epsilon-greedy`, and how many outcomes it had learned.
    public let policy: String
    public let policyVersion: Int
    public let seed: UInt64
    /// Seconds by ``DecisionStage``.
    public internal(set) var stages: [Double]
    /// The catalog indices of the slate; empty when read back from the log.
    public internal(set) var shown: [Int32] = []

    /// The id as it travels: sixteen hexadecimal digits.
    public var name: String { Digest.hexadecimal(UInt64(bitPattern: id)) }

    /// The id that a ``name`` stands for, nil for what is none.
    public static func id(_ name: String) -> Int64? {
        guard name.utf8.count == 16, let value = UInt64(name, radix: 16) else { return nil }
        return Int64(bitPattern: value)
    }

    /// The least id of those made at a time (milliseconds since 1970).
    static func firstID(at time: Int64) -> Int64 { time << 20 }

    /// The ids of the items shown, from the first slot down.
    public var shownIDs: [String] { slate.slots.map { choices.items[$0.place] } }

    static func digest(_ choices: ChoiceSet) -> UInt64 {
        var digest = Digest()
        for item in choices.items {
            var item = item
            item.withUTF8 { digest.add(UnsafeRawBufferPointer($0)) }
            digest.add(0)
        }
        for score in choices.scores { digest.add(score.bitPattern) }
        for feature in choices.features { digest.add(feature.bitPattern) }
        return digest.value
    }

    /// Asks `policy`, in the state of ``policyVersion``, once more.
    /// - Returns: whether it chooses the same slate with the same propensities, to the bit.
    public func replays(with policy: any Policy) throws(PolicyError) -> Bool {
        guard Self.digest(choices) == digest, type(of: policy).kind == self.policy else { return false }
        return try policy.choose(query.count, from: choices, seed: seed) == slate
    }
}

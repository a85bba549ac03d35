public import MarqueeEvaluation
public import MarqueeModels
internal import MarqueeRuntime

/// What was asked for, as it came over the wire; with what is known of somebody it becomes the `Query` that the model
/// is asked.
public struct DecisionQuery: Sendable, Equatable {
    public var who: Who
    public var count: Int
    /// Only items of this domain or category; nil for all.
    public var domain: String?
    public var category: String?
    /// Which of these are wanted, by what the catalog says of them; nil for all.
    public var filter: ItemFilter?
    /// The items to rank, in any order; nil to look for some.
    ///
    /// Whoever names them says what may be shown: what was consumed is ranked too. Left out are items that are not
    /// offered, that were hidden, or that are in ``touched``.
    public var candidates: [String]?
    /// How many reasons each item of the answer gets at most.
    public var reasonCount: Int
    /// Items touched just now that no event has told of, the newest first: a session's.
    public var touched: [String]
    /// Where is asked; its time is the decision's where there is none.
    public var context: RequestContext

    public init(
        who: Who, count: Int = 10, domain: String? = nil, category: String? = nil, filter: ItemFilter? = nil,
        candidates: [String]? = nil, reasonCount: Int = 0, touched: [String] = [],
        context: RequestContext = RequestContext()
    ) {
        self.who = who
        self.count = count
        self.domain = domain
        self.category = category
        self.filter = filter
        self.candidates = candidates
        self.reasonCount = reasonCount
        self.touched = touched
        self.context = context
    }
}

extension DecisionQuery {
    /// What it says of an event that could come of it, by which features are looked up.
    var fields: [EventField: String] {
        var fields: [EventField: String] = [:]
        switch who {
        case .user(let id): fields[.user] = id
        case .session(let id): fields[.session] = id
        }
        fields[.domain] = domain
        fields[.context("category")] = category
        for (name, text) in [("device", context.device), ("region", context.region), ("page", context.page)]
        where !text.isEmpty {
            fields[.context(name)] = text
        }
        if !context.device.isEmpty { fields[.device] = context.device }
        return fields
    }
}

/// Which link of the chain answered, the strongest first.
public enum DecisionLink: String, Codable, Sendable, CaseIterable {
    /// The ranker: the deployed model, by what somebody did up to now, or what the configuration has in its place.
    case model
    /// Likeness to what was touched lately; for somebody whom the ranker cannot rank for.
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
    public internal(set) var ranking = RankingRecord()
    /// Digest of ``choices`` and ``ranking``.
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
    /// What of the history speaks for each item of the slate, the strongest first; empty where nobody asked, and when
    /// read back from the log.
    public internal(set) var reasons: [[Recommendation.Reason]] = []

    /// The id as it travels: sixteen hexadecimal digits.
    public var name: String { Digest.hexadecimal(UInt64(bitPattern: id)) }

    /// The id that a ``name`` stands for, nil for what is none: of any other spelling than ``name``'s.
    public static func id(_ name: String) -> Int64? {
        let digits = name.utf8
        guard digits.count == 16, digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
            let value = UInt64(name, radix: 16)
        else { return nil }
        return Int64(bitPattern: value)
    }

    /// The least id of those made at a time (milliseconds since 1970).
    static func firstID(at time: Int64) -> Int64 { time << 20 }

    /// The ids of the items shown, from the first slot down.
    public var shownIDs: [String] { slate.slots.map { choices.items[$0.candidate] } }

    static func digest(_ choices: ChoiceSet, _ ranking: RankingRecord = RankingRecord()) -> UInt64 {
        var digest = Digest()
        for item in choices.items {
            var item = item
            item.withUTF8 { digest.add(UnsafeRawBufferPointer($0)) }
            digest.add(0)
        }
        for score in choices.scores { digest.add(score.bitPattern) }
        for feature in choices.features { digest.add(feature.bitPattern) }
        // As before there were rankers that ask for features.
        if !ranking.features.features.isEmpty { ranking.bytes.withUnsafeBytes { digest.add($0) } }
        return digest.value
    }

    /// Asks `policy`, in the state of ``policyVersion``, once more.
    /// - Returns: whether it chooses the same slate with the same propensities, to the bit.
    public func replays(with policy: any Policy) throws(PolicyError) -> Bool {
        guard Self.digest(choices, ranking) == digest, type(of: policy).kind == self.policy else { return false }
        return try policy.choose(query.count, from: choices, seed: seed) == slate
    }
}

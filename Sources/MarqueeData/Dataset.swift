/// What a source holds: the log, and beside it what is known of items, users and their ties.
public struct Dataset: Sendable, Equatable {
    public var name: String
    public var log: InteractionLog
    public var catalog: Catalog
    /// Attribute name → value by user index; an empty string where unknown.
    public var userAttributes: [String: [String]]
    /// Directed ties between users, by user index.
    public var socialEdges: [SocialEdge]
    /// The holdout that came with the files, such as the NCF paper's frozen test.
    public var frozen: FrozenTest?
    /// Facts about the items; nil where the source has none.
    public var knowledge: KnowledgeGraph?

    public init(
        name: String, log: InteractionLog, catalog: Catalog = Catalog(),
        userAttributes: [String: [String]] = [:], socialEdges: [SocialEdge] = [], frozen: FrozenTest? = nil,
        knowledge: KnowledgeGraph? = nil
    ) {
        self.name = name
        self.log = log
        self.catalog = catalog
        self.userAttributes = userAttributes
        self.socialEdges = socialEdges
        self.frozen = frozen
        self.knowledge = knowledge
    }
}

public struct SocialEdge: Sendable, Equatable, Codable {
    public var from, to: Int32
    public var weight: Float

    public init(from: Int32, to: Int32, weight: Float = 1) {
        self.from = from
        self.to = to
        self.weight = weight
    }
}

/// A test set that a publication fixed: targets, and the negatives each is ranked against.
public struct FrozenTest: Sendable, Equatable {
    public var holdout: Holdout
    /// Nil where the publication ranked every item.
    public var negatives: FrozenNegatives?
    /// What the publication held out to choose by; nil where it held out a test alone.
    public var validation: Holdout?

    public init(holdout: Holdout, negatives: FrozenNegatives? = nil, validation: Holdout? = nil) {
        self.holdout = holdout
        self.negatives = negatives
        self.validation = validation
    }
}

public import MarqueeData
public import MarqueeEvaluation

/// Everything a model may learn from.
public struct TrainingSet: Sendable {
    /// Training interactions of every behavior in order, with times and values.
    public let log: InteractionLog
    /// Those of the target behavior as users × items, binary; what is predicted.
    public let interactions: InteractionMatrix
    /// One such matrix a behavior, in the order of ``behaviorNames``; `behaviors[target]` is ``interactions``.
    public let behaviors: [InteractionMatrix]
    /// The behavior to predict, an index into ``behaviors``.
    public let target: Int
    public let catalog: Catalog
    /// Directed ties between users, such as friendship or trust; empty where nothing is known.
    public let ties: [SocialEdge]
    /// Attribute name → value by user index, an empty text where it is not known.
    public let userAttributes: [String: [String]]
    /// Facts about the items; nil where the data has none.
    public let knowledge: KnowledgeGraph?
    /// The domain of every item; empty where none is known.
    public let domains: ItemDomains
    /// For early stopping and for weights; nil when nothing was held out.
    public let validation: Validation?
    /// What was shown and what came of it, for models of clicks; nil where only interactions are known.
    public var impressions: TrainingImpressions?
    /// How likely each pair was to be observed, for models that weight by it; nil where that is left to them.
    public var propensities: ObservationPropensities?

    public init(
        log: InteractionLog, catalog: Catalog = Catalog(), ties: [SocialEdge] = [],
        userAttributes: [String: [String]] = [:], knowledge: KnowledgeGraph? = nil,
        domains: ItemDomains = ItemDomains(),
        validation: Validation? = nil
    ) {
        self.log = log
        behaviors = log.behaviorNames.indices.map { InteractionMatrix(log.selecting(behavior: UInt8($0))) }
        target = Int(log.target)
        interactions = behaviors[target]
        self.catalog = catalog
        self.ties = ties
        self.userAttributes = userAttributes
        self.knowledge = knowledge
        self.domains = domains
        self.validation = validation
    }

    /// What is learned from `log`, with all that `dataset`, whose part it is, knows of its users and items.
    public init(_ log: InteractionLog, of dataset: Dataset, validation: Validation? = nil) {
        self.init(
            log: log, catalog: dataset.catalog, ties: dataset.socialEdges, userAttributes: dataset.userAttributes,
            knowledge: dataset.knowledge, domains: ItemDomains(dataset.catalog), validation: validation)
    }

    public var behaviorNames: [String] { log.behaviorNames }
    public var userCount: Int { interactions.rowCount }
    public var itemCount: Int { interactions.columnCount }
}

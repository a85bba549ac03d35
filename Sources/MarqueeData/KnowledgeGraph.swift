/// Facts about items as (head, relation, tail) triples, as RecBole's `.kg` and `.link` give them.
public struct KnowledgeGraph: Sendable, Equatable {
    public var entities: Vocabulary
    public var relations: Vocabulary
    /// Entity, relation and entity of triple t.
    public var heads: [Int32]
    public var predicates: [Int32]
    public var tails: [Int32]
    /// The entity of an item by item index; -1 where none is linked.
    public var itemEntities: [Int32]

    public init(
        entities: Vocabulary = Vocabulary(), relations: Vocabulary = Vocabulary(), heads: [Int32] = [],
        predicates: [Int32] = [], tails: [Int32] = [], itemEntities: [Int32] = []
    ) {
        self.entities = entities
        self.relations = relations
        self.heads = heads
        self.predicates = predicates
        self.tails = tails
        self.itemEntities = itemEntities
    }

    /// The number of triples.
    public var count: Int { heads.count }
}

internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// A network that says how likely each candidate of a question is to be clicked, and how long it would be looked at. It
/// knows a person by their history alone, so that it answers for anybody.
///
/// A conforming file is the model: configuration, parameters and forward pass. Batches and losses are ``ClickSteps``'s,
/// epochs and checkpoints ``Trainer``'s, scores and files ``ClickModel``'s.
public protocol ClickNetwork: Module {
    associatedtype Config: ClickConfig

    static var kind: String { get }

    /// A network with fresh parameters, drawn from `stream`.
    init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream)

    /// The items' rows that the penalty of a step is on; nil where a network has none.
    var penalized: EmbeddingTable? { get }

    /// Logits: [candidates, heads], of a click and, with two heads, of dwell.
    func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor
}

/// How large the inputs of a network are.
public struct ClickSizes: Sendable {
    public let items: Int
    /// Rows of the tables of the fields that are not the item, in the configuration's order.
    public let fields: [Int]
    public let categories: Int
    public let signals: Int
    public let heads: Int
    /// How many behaviors there are.
    public let behaviors: Int
    /// Whether the item is a field.
    public let readsItem: Bool

    init(_ config: some ClickConfig, _ schema: ClickSchema, behaviors: Int) {
        self.behaviors = behaviors
        items = schema.count(of: .item)
        categories = schema.count(of: .category)
        fields = config.inputs.fields.filter { $0 != .item }.map(schema.count(of:))
        signals = config.inputs.signals.count
        heads = config.objective.dwell > 0 ? 2 : 1
        readsItem = config.inputs.fields.contains(.item)
    }
}

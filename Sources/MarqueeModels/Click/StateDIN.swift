public import MarqueeRuntime
public import MarqueeTensor

/// DIN over the states of MUMA's encoder: what matters for a candidate is not an event alone but what stood behind it.
///
///     h_t         = the encoder's state after event t; h of the newest is what is wanted now
///     interest(c) = Σ over events t of a([h_t ‖ category_t], [E_c ‖ category_c]) · [h_t ‖ category_t]
///     logit       = MLP([interest ‖ c ‖ interest ∘ c ‖ fields ‖ signals]) + W · [signals ‖ h · E_c]
///
/// E are the encoder's item vectors; h · E_c is how the encoder alone scores. Trained as a whole, from the parameters of
/// an encoder that was trained to retrieve where it is the second stage of a ``MUMARanker``.
public struct StateDIN: ClickNetwork {
    public struct Config: ClickConfig {
        public var inputs = ClickInputs { $0.width = 16 }
        public var objective = ClickObjective()
        public var encoder = MUMAEncoder.Config()
        /// How many of the best of the encoder are ranked; see ``MUMARanker``.
        public var candidates = 300
        public var attention = [64, 64]
        public var layers = [128, 64]
        public var activation = ClickActivation.Kind.prelu
        public var dropout: Float = 0.1
        public var regularization: Float = 0.01
        public var train = TrainingConfig.clicks

        public init() {}

        public static var tiny: Config {
            Config {
                $0.encoder = .tiny
                // What is learned of so little has to stand in the states, which the counts would spare it.
                $0.encoder.memory.counts = []
                $0.attention = [8]
                $0.layers = [16]
                $0.dropout = 0
                $0.train.makeTiny(epochs: 120)
            }
        }
        public var problem: String? {
            if candidates < 1 { return "candidates must be at least 1" }
            if attention.isEmpty || attention.contains(where: { $0 < 1 }) {
                return "attention needs a layer, each at least 1 wide"
            }
            if let problem = encoder.problem { return "encoder.\(problem)" }
            return layersProblem(layers, dropout) ?? clickProblem
        }
    }

    public static let kind = "muma-din"
    let encoder: MUMAEncoder
    let categories: EmbeddingTable
    let fields: [EmbeddingTable]
    let unit: ActivationUnit
    let tower: ClickTower
    let counted: Linear
    /// The weight of h · E_c: [1, heads].
    let retrieved: Parameter
    private let length: Int

    public init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream) {
        var stream = stream
        let width = config.inputs.width
        encoder = MUMAEncoder(
            config.encoder, items: sizes.items, behaviors: sizes.behaviors, stream: RandomStream(key: stream.next()))
        func table(_ rows: Int) -> EmbeddingTable {
            EmbeddingTable(
                rowCount: rows, width: width, .normal(deviation: 0.3 / Float(width).squareRoot()),
                stream: RandomStream(key: stream.next()))
        }
        categories = table(sizes.categories)
        fields = sizes.fields.map(table)
        let own = config.encoder.width + width
        unit = ActivationUnit(own, config.attention, config.activation, stream: &stream)
        tower = ClickTower(
            3 * own + width * sizes.fields.count + max(1, sizes.signals), config.layers, heads: sizes.heads,
            config.activation, dropout: config.dropout, stream: &stream)
        counted = Linear(max(1, sizes.signals), sizes.heads, .constant(0), stream: &stream)
        retrieved = Parameter(
            columns: sizes.heads, .constant(0.5), stream: RandomStream(key: 0), decays: false)
        length = config.inputs.length
    }

    public var penalized: EmbeddingTable? { encoder.items }

    public func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        let read = batch.read
        let sequences = SequenceBatch(read.count, window: length, tape) { read[$0] }
        let states = encoder.states(sequences, tape)
        let items = tape.gather(encoder.items[batch.items])
        let candidates = tape.concat(items, tape.gather(categories[batch.itemCategories, padding: 0]))
        let events = tape.concat(states, tape.gather(categories[batch.categories, padding: 0]))
        let interest = unit(candidates, events, batch, tape)
        var x = tape.concat(tape.concat(interest, candidates), tape.multiply(interest, candidates))
        for (table, ids) in zip(fields, batch.fields) { x = tape.concat(x, tape.gather(table[ids, padding: 0])) }
        let signals = batch.counted(tape)
        let newest = tape.rows(tape.owners(batch.candidates), of: tape.lastRows(states, batch.histories))
        let wide = tape.matmul(tape.dot(newest, items), tape(retrieved))
        return tape.add(tape.add(tower(tape.concat(x, signals), tape), counted(signals, tape)), wide)
    }
}

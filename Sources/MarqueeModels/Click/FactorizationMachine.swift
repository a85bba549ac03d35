public import MarqueeRuntime
public import MarqueeTensor

/// A factorization machine of second order (Rendle, ICDM 2010):
///
///     logit = linear terms + Σ over pairs of inputs of x_j x_k v_j · v_k = … + ½ (|Σ x_j v_j|² − Σ x_j² |v_j|²)
///
/// Inputs are the fields, one-hot, the signals, and the history's items with 1/events each; pairs within the history are
/// alike for all candidates and left out. Linear in the number of inputs.
public struct FactorizationMachine: ClickNetwork {
    public struct Config: ClickConfig {
        public var inputs = ClickInputs()
        public var objective = ClickObjective()
        public var regularization: Float = 0.01
        public var train = TrainingConfig.clicks

        public init() {}

        public static var tiny: Config { Config { $0.train.makeTiny() } }
        public var problem: String? { clickProblem }
    }

    public static let kind = "fm"
    let terms: LinearTerms
    let interactions: PairwiseInteractions

    public init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream) {
        var stream = stream
        terms = LinearTerms(sizes, stream: &stream)
        interactions = PairwiseInteractions(sizes, width: config.inputs.width, stream: &stream)
    }

    public var penalized: EmbeddingTable? { interactions.embedding.items }

    public func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        tape.add(terms(batch, tape), interactions(batch, interactions.vectors(batch, tape), tape))
    }
}

/// Σ over pairs of vectors of their inner products, a factor a head.
struct PairwiseInteractions: Module {
    let embedding: ClickEmbedding
    /// v of the signals: [signals, width].
    let signals: Parameter
    /// [1, heads].
    let heads: Parameter
    private let readsItem: Bool

    init(_ sizes: ClickSizes, width: Int, stream: inout RandomStream) {
        embedding = ClickEmbedding(sizes, width: width, stream: &stream)
        signals = Parameter(
            rows: max(1, sizes.signals), columns: width, .normal(deviation: 0.01),
            stream: RandomStream(key: stream.next()))
        heads = Parameter(columns: sizes.heads, .constant(1), stream: RandomStream(key: 0))
        readsItem = sizes.readsItem
    }

    /// The vectors of the fields, of the history and of the candidate, [candidates, width] each.
    func vectors(_ batch: ClickBatch, _ tape: Tape) -> [Tensor] {
        embedding.context(batch, tape) + [embedding.history(batch, tape)]
            + (readsItem ? [tape.gather(embedding.items[batch.items])] : [])
    }

    func callAsFunction(_ batch: ClickBatch, _ vectors: [Tensor], _ tape: Tape) -> Tensor {
        let x = batch.counted(tape), v = tape(signals)
        let sum = vectors.reduce(tape.matmul(x, v)) { tape.add($0, $1) }
        let own = vectors.reduce(tape.matmul(tape.multiply(x, x), tape.dot(v, v))) {
            tape.add($0, tape.dot($1, $1))
        }
        let pairs = tape.scale(tape.add(tape.dot(sum, sum), own, scale: -1), by: 0.5)
        return tape.matmul(pairs, tape(heads))
    }
}

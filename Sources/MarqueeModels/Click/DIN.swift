public import MarqueeRuntime
public import MarqueeTensor

/// The deep interest network (Zhou et al., KDD 2018): of a history that counts which matters for the candidate.
///
///     interest(c) = Σ over events h of a(h, c) · h                      a: the activation unit, not normalized (section 4.3)
///     logit       = MLP([interest ‖ c ‖ interest ∘ c ‖ fields ‖ signals]) + W · signals
///
/// An event and a candidate are their item's and their category's vector side by side.
public struct DIN: ClickNetwork {
    public struct Config: ClickConfig {
        public var inputs = ClickInputs()
        public var objective = ClickObjective()
        /// Widths of the activation unit's layers.
        public var attention = [64, 64]
        public var layers = [128, 64]
        public var activation = ClickActivation.Kind.prelu
        public var dropout: Float = 0
        public var regularization: Float = 0.01
        public var train = TrainingConfig.clicks

        public init() {}

        public static var tiny: Config {
            Config {
                $0.attention = [8]
                $0.layers = [16]
                $0.train.makeTiny()
            }
        }
        public var problem: String? {
            if attention.isEmpty || attention.contains(where: { $0 < 1 }) {
                return "attention needs a layer, each at least 1 wide"
            }
            return layersProblem(layers, dropout) ?? clickProblem
        }
    }

    public static let kind = "din"
    let embedding: ClickEmbedding
    let unit: ActivationUnit
    let tower: ClickTower
    let counted: Linear

    public init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream) {
        var stream = stream
        let width = 2 * config.inputs.width
        embedding = ClickEmbedding(sizes, width: config.inputs.width, stream: &stream)
        unit = ActivationUnit(width, config.attention, config.activation, stream: &stream)
        tower = ClickTower(
            3 * width + config.inputs.width * sizes.fields.count + max(1, sizes.signals), config.layers,
            heads: sizes.heads, config.activation, dropout: config.dropout, stream: &stream)
        counted = Linear(max(1, sizes.signals), sizes.heads, .constant(0), stream: &stream)
    }

    public var penalized: EmbeddingTable? { embedding.items }

    public func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        let candidates = embedding.candidates(batch, tape)
        let interest = unit(candidates, embedding.events(batch, tape), batch, tape)
        var x = tape.concat(tape.concat(interest, candidates), tape.multiply(interest, candidates))
        for field in embedding.context(batch, tape) { x = tape.concat(x, field) }
        let signals = batch.counted(tape)
        return tape.add(tower(tape.concat(x, signals), tape), counted(signals, tape))
    }
}

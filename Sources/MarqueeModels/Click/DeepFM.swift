public import MarqueeRuntime
public import MarqueeTensor

/// DeepFM (Guo et al., IJCAI 2017): a factorization machine and a tower over the same vectors.
///
///     logit = FM + MLP([candidate ‖ fields ‖ mean of the history ‖ signals])
public struct DeepFM: ClickNetwork {
    public struct Config: ClickConfig {
        public var inputs = ClickInputs()
        public var objective = ClickObjective()
        public var layers = [64, 32]
        public var dropout: Float = 0
        public var regularization: Float = 0.01
        public var train = TrainingConfig.clicks

        public init() {}

        public static var tiny: Config {
            Config {
                $0.layers = [16]
                $0.train.makeTiny()
            }
        }
        public var problem: String? { layersProblem(layers, dropout) ?? clickProblem }
    }

    public static let kind = "deepfm"
    let terms: LinearTerms
    let interactions: PairwiseInteractions
    let deep: ClickTower

    public init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream) {
        var stream = stream
        terms = LinearTerms(sizes, stream: &stream)
        interactions = PairwiseInteractions(sizes, width: config.inputs.width, stream: &stream)
        let vectors = sizes.fields.count + 1 + (sizes.readsItem ? 1 : 0)
        deep = ClickTower(
            config.inputs.width * vectors + max(1, sizes.signals), config.layers, heads: sizes.heads, .relu,
            dropout: config.dropout, stream: &stream)
    }

    public var penalized: EmbeddingTable? { interactions.embedding.items }

    public func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        let vectors = interactions.vectors(batch, tape)
        let x = vectors.dropFirst().reduce(vectors[0]) { tape.concat($0, $1) }  // There is the history's.
        let fm = tape.add(terms(batch, tape), interactions(batch, vectors, tape))
        return tape.add(fm, deep(tape.concat(x, batch.counted(tape)), tape))
    }
}

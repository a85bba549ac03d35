public import MarqueeRuntime
public import MarqueeTensor

/// Wide and deep (Cheng et al., DLRS 2016): linear terms, with a cross of the candidate with the newest event of the
/// history, beside a tower over the vectors of everything.
///
///     logit = linear terms + w[hash(newest, candidate)] + MLP([candidate ‖ fields ‖ mean of the history ‖ signals])
public struct WideAndDeep: ClickNetwork {
    public struct Config: ClickConfig {
        public var inputs = ClickInputs()
        public var objective = ClickObjective()
        public var layers = [64, 32]
        public var dropout: Float = 0
        /// Rows that crosses share by their hash.
        public var crosses = 1 << 16
        public var regularization: Float = 0.01
        public var train = TrainingConfig.clicks

        public init() {}

        public static var tiny: Config {
            Config {
                $0.layers = [16]
                $0.train.makeTiny()
            }
        }
        public var problem: String? {
            if crosses < 1 { return "crosses must be at least 1" }
            return layersProblem(layers, dropout) ?? clickProblem
        }
    }

    public static let kind = "wide-deep"
    let wide: LinearTerms
    let crosses: EmbeddingTable
    let embedding: ClickEmbedding
    let deep: ClickTower

    public init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream) {
        var stream = stream
        wide = LinearTerms(sizes, stream: &stream)
        crosses = EmbeddingTable(
            rowCount: config.crosses, width: sizes.heads, .constant(0), stream: RandomStream(key: 0))
        embedding = ClickEmbedding(sizes, width: config.inputs.width, stream: &stream)
        let inputs = config.inputs.width * (2 + sizes.fields.count) + max(1, sizes.signals)
        deep = ClickTower(
            inputs, config.layers, heads: sizes.heads, .relu, dropout: config.dropout, stream: &stream)
    }

    public var penalized: EmbeddingTable? { embedding.items }

    public func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        var x = tape.concat(tape.gather(embedding.items[batch.items]), embedding.history(batch, tape))
        for field in embedding.context(batch, tape) { x = tape.concat(x, field) }
        let logits = tape.add(wide(batch, tape), deep(tape.concat(x, batch.counted(tape)), tape))
        return tape.add(logits, tape.gather(crosses[pairs(batch, tape)]))
    }

    /// A row for each candidate with the newest event before it.
    private func pairs(_ batch: ClickBatch, _ tape: Tape) -> Indices {
        let rows = tape.indices(batch.items.count)
        rows.fill { rows in
            for k in 0..<rows.count {
                let (newest, item) = (UInt32(bitPattern: batch.newest[k]), UInt32(bitPattern: batch.items[k]))
                let pair = UInt64(newest) << 32 | UInt64(item)
                rows[k] = Int32(RandomStream.mix(pair) % UInt64(crosses.rowCount))
            }
        }
        return rows
    }
}

extension ClickConfig {
    /// What makes widths of layers unusable; nil when nothing does.
    func layersProblem(_ layers: [Int], _ dropout: Float) -> String? {
        if layers.contains(where: { $0 < 1 }) { return "layers must be at least 1 wide" }
        if !(0..<1 ~= dropout) { return "dropout must be from 0 to below 1" }
        return nil
    }
}

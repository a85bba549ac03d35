public import MarqueeRuntime
public import MarqueeTensor

/// Neural collaborative filtering: the network of the paper's Table 1.
///
/// logit(u, i) = w · MLP([p_u ‖ q_i]) + b with p_u, q_i of width `embedding`. Each hidden layer is
/// Linear → ReLU, all but the last followed by BatchNorm1d → Dropout. The sigmoid is the loss's.
public struct NCF: PairNetwork {
    public struct Config: NetworkConfig {
        public var embedding = 8
        public var layers = [128, 64, 32, 16]
        public var dropout: Float = 0.2
        /// Standard deviation of the embeddings at the start.
        public var deviation: Float = 0.01
        public var train = TrainingConfig()

        public init() {}

        public static var tiny: Config {
            Config {
                $0.embedding = 4
                $0.train.makeTiny(epochs: 30)
            }
        }

        public var problem: String? {
            if embedding < 1 { return "embedding must be at least 1" }
            if layers.isEmpty || layers.contains(where: { $0 < 1 }) { return "layers must be widths of at least 1" }
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            return train.problem
        }
    }

    public static let kind = "ncf"
    let users, items: EmbeddingTable
    let tower: [Block]
    let output: Linear

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        var stream = stream
        self.users = EmbeddingTable(
            rowCount: users, width: config.embedding, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        self.items = EmbeddingTable(
            rowCount: items, width: config.embedding, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        var width = 2 * config.embedding
        var tower: [Block] = []
        for (index, outputs) in config.layers.enumerated() {
            let normalized = index < config.layers.count - 1
            tower.append(Block(width, outputs, normalized ? config.dropout : nil, stream: &stream))
            width = outputs
        }
        self.tower = tower
        output = Linear(width, 1, stream: &stream)
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        var x = tape.concat(users[batch.users], items[batch.items])
        for block in tower { x = block(x, tape) }
        return output(x, tape)
    }

    /// Linear → ReLU, then, where `dropout` is given, BatchNorm1d → Dropout.
    struct Block: Module {
        let linear: Linear
        let norm: BatchNorm1d?
        let dropout: Float

        init(_ inputs: Int, _ outputs: Int, _ dropout: Float?, stream: inout RandomStream) {
            linear = Linear(inputs, outputs, stream: &stream)
            norm = dropout == nil ? nil : BatchNorm1d(outputs)
            self.dropout = dropout ?? 0
        }

        func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor {
            guard let norm else { return linear(x, tape, relu: true) }
            return linear(x, tape, relu: norm, dropout: dropout)
        }
    }
}

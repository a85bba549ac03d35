public import MarqueeRuntime
public import MarqueeTensor

/// Multi-layer perceptron on concatenated embeddings: logit(u, i) = w · MLP([p_u ‖ q_i]) + b, each
/// hidden layer Linear → ReLU (He et al., WWW 2017, §3.3).
public struct MLP: PairNetwork {
    public struct Config: NetworkConfig {
        /// Widths from the concatenated embeddings (half for each) to the last hidden layer.
        public var layers = [64, 32, 16, 8]
        /// Standard deviation of the embeddings at the start.
        public var deviation: Float = 0.01
        /// λ of λ/2 · (|p_u|² + |q_i|²), once for every instance that the pair occurs in.
        public var regularization: Float = 0
        public var train = TrainingConfig {
            $0.epochs = 20
            $0.patience = 3
        }

        public init() {}

        public static var tiny: Config {
            Config {
                // Too narrow to learn by heart which of its kind a user lacks.
                ($0.layers, $0.deviation) = ([8, 16], 0.5)
                $0.train.makeTiny(epochs: 30)
            }
        }

        public var problem: String? { Tower.problem(layers) ?? train.problem }
    }

    public static let kind = "mlp"
    let users, items: EmbeddingTable
    let tower: Tower
    let output: Linear
    let regularization: Float

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        var stream = stream
        let width = config.layers[0] / 2
        self.users = EmbeddingTable(
            rowCount: users, width: width, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        self.items = EmbeddingTable(
            rowCount: items, width: width, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        tower = Tower(config.layers, stream: &stream)
        output = Linear(config.layers.last ?? width, 1, stream: &stream)
        regularization = config.regularization
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let x = tape.concat(users[batch.users], items[batch.items])
        tape.squaredNorm(x, weight: regularization)
        return output(tower(x, tape), tape)
    }

    /// Linear → ReLU from each width to the next.
    struct Tower: Module {
        let layers: [Linear]

        init(_ widths: [Int], stream: inout RandomStream) {
            var layers: [Linear] = []
            for (inputs, outputs) in zip(widths, widths.dropFirst()) {
                layers.append(Linear(inputs, outputs, stream: &stream))
            }
            self.layers = layers
        }

        func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor {
            layers.reduce(x) { x, layer in layer(x, tape, relu: true) }
        }

        static func problem(_ widths: [Int]) -> String? {
            guard let first = widths.first, first >= 2, first % 2 == 0 else {
                return "layers must begin with an even width, half for each embedding"
            }
            return widths.contains { $0 < 1 } ? "layers must be widths of at least 1" : nil
        }
    }
}

internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// Neural graph collaborative filtering (Wang et al., SIGIR 2019, §2.2): with L = D^-½ A D^-½,
///
///     e^(l+1) = LeakyReLU((L + I) e^(l) W₁ᵀ + b₁ + (L e^(l) ∘ e^(l)) W₂ᵀ + b₂),
///
/// dropout on it, each row then of length 1; the embedding is e^(0) ‖ … ‖ e^(L).
public struct NGCF: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of e^(0).
        public var factors = 64
        /// Widths of e^(1) … e^(L).
        public var layers = [64, 64, 64]
        /// Share of a message that is dropped.
        public var dropout: Float = 0.1
        /// λ of λ/2 · (|e_u|² + |e_i|²) over e^(0), once for every instance that the pair occurs in.
        public var regularization: Float = 1e-5
        public var train = TrainingConfig {
            $0.epochs = 400
            $0.batch = 1024
            $0.negatives = 1
            $0.loss = .bpr
            $0.messages = .bfloat16
            $0.patience = 20
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.factors, $0.layers) = (16, [16])
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if layers.contains(where: { $0 < 1 }) { return "layers must be widths of at least 1" }
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "ngcf"
    public let nodes: GraphNodes
    let graph: SparseOperator
    public let embeddings: Parameter
    public let regularization: Float
    let layers: [Layer]

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        var stream = stream
        let interactions = Adjacency(data.interactions)
        nodes = GraphNodes(interactions, pool: pool)
        graph = interactions.normalized(nodes.partition)
        embeddings = Parameter(
            rows: nodes.count, columns: config.factors, .glorot(inputs: nodes.count, outputs: config.factors),
            stream: RandomStream(key: stream.next()))
        regularization = config.regularization
        layers = zip([config.factors] + config.layers, config.layers).map {
            Layer($0, $1, dropout: config.dropout, stream: &stream)
        }
    }

    public func embed(_ tape: Tape) -> Tensor { embed(tape, at: nil) }

    public func embed(_ tape: Tape, at nodes: NodeSelection?) -> Tensor {
        var layer = tape.nodes(embeddings, self.nodes.partition)
        var all = tape.rows(nodes, of: layer)
        for (index, step) in layers.enumerated() {
            let isLast = index == layers.count - 1
            layer = step(layer, graph, tape, at: isLast ? nodes : nil)
            all = tape.concat(all, tape.unitRows(isLast ? layer : tape.rows(nodes, of: layer)))
        }
        return all
    }

    /// e^(l) → e^(l+1).
    struct Layer: Module {
        /// W₁, b₁ and W₂, b₂.
        let sum, product: Linear
        let dropout: Float

        init(_ inputs: Int, _ outputs: Int, dropout: Float, stream: inout RandomStream) {
            sum = Linear(inputs, outputs, .glorot(inputs: inputs, outputs: outputs), stream: &stream)
            product = Linear(inputs, outputs, .glorot(inputs: inputs, outputs: outputs), stream: &stream)
            self.dropout = dropout
        }

        func callAsFunction(_ all: Tensor, _ graph: SparseOperator, _ tape: Tape, at nodes: NodeSelection?) -> Tensor {
            let near = tape.propagate(graph, all, at: nodes)
            let x = tape.rows(nodes, of: all)
            let messages = tape.add(sum(tape.add(near, x), tape), product(tape.multiply(near, x), tape))
            return tape.dropout(tape.activate(messages, .leakyReLU(slope: 0.2)), rate: dropout)
        }
    }
}

internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// LightGCN: e^(l+1) = D^-½ A D^-½ e^(l), and the embedding is the mean of e^(0) … e^(L) (He et al.,
/// SIGIR 2020, §3.1).
public struct LightGCN: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of the embeddings.
        public var factors = 64
        /// L, how far embeddings travel.
        public var layers = 3
        /// Standard deviation of e^(0) at the start.
        public var deviation: Float = 0.1
        /// λ of λ/2 · (|e_u|² + |e_i|²) over e^(0), once for every instance that the pair occurs in.
        public var regularization: Float = 1e-4
        public var train = TrainingConfig {
            $0.epochs = 1000
            $0.batch = 2048
            $0.negatives = 1
            $0.loss = .bpr
            $0.messages = .bfloat16
            $0.patience = 20
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.factors, $0.layers) = (16, 1)
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if layers < 0 { return "layers must not be negative" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "lightgcn"
    public let nodes: GraphNodes
    let graph: SparseOperator
    public let embeddings: Parameter
    public let regularization: Float
    let layers: Int

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        let interactions = Adjacency(data.interactions)
        nodes = GraphNodes(interactions, pool: pool)
        graph = interactions.normalized(nodes.partition)
        embeddings = Parameter(
            rows: nodes.count, columns: config.factors, .normal(deviation: config.deviation), stream: stream)
        regularization = config.regularization
        layers = config.layers
    }

    public func embed(_ tape: Tape) -> Tensor { embed(tape, at: nil) }

    public func embed(_ tape: Tape, at nodes: NodeSelection?) -> Tensor {
        tape.lightConvolution(graph, tape.nodes(embeddings, self.nodes.partition), layers: layers, at: nodes)
    }
}

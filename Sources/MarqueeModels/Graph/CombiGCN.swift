internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// CombiGCN: light graph convolution in which users hear of items, and of users with whom they have items in
/// common (Nguyen and Tran, "CombiGCN: An effective GCN model for recommender system", 2023):
///
///     e_u^(l+1) = Σ_{i ∈ N(u)} e_i^(l) / √(|N(u)| |N(i)|) + Σ_v w_uv e_v^(l) / √(w_u w_v)
///     e_i^(l+1) = Σ_{u ∈ N(i)} e_u^(l) / √(|N(u)| |N(i)|)
///
/// with w_uv the Jaccard coefficient of the users' items and w_u its sum over v. The embedding is the mean of
/// e^(0) … e^(L). Of all pairs of users, quadratic in the most popular item, each user keeps the `neighbors`
/// most alike. A layer costs O((interactions + users · neighbors) · factors).
public struct CombiGCN: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of the embeddings.
        public var factors = 64
        /// L, how far embeddings travel.
        public var layers = 3
        /// How many users like him each user hears of.
        public var neighbors = 20
        /// Whether interactions of every behavior are edges, or the target's alone.
        public var multiBehavior = false
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
            if neighbors < 1 { return "neighbors must be at least 1" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "combigcn"
    public let nodes: GraphNodes
    public let embeddings: Parameter
    public let regularization: Float
    let graph: SparseOperator
    let layers: Int

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        let edges = config.multiBehavior ? InteractionMatrix(data.log) : data.interactions
        nodes = GraphNodes(edges, pool: pool)
        let alike = edges.peers(config.neighbors, pool: pool).normalized()
        let liked = edges.normalized()
        graph = SparseOperator(
            [GraphBlock(matrix: alike, row: 0, column: 0), .users(liked, nodes), .items(liked, nodes)],
            over: nodes, symmetric: true)
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

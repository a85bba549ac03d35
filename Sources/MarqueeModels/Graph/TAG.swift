internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// TAG: attention over what items are about, over who likes what, and over who is tied to whom, and over these
/// three again (after Qiao et al., "TAG: Joint triple-hierarchical attention and GCN for review-based social
/// recommender system", IEEE TKDE 2023):
///
///     c_i = Σ_t α_it W_c e_t                     over the words and genres t of item i,
///     h = e + ReLU(c),
///     n_v = ReLU(Σ_w α_vw W_n h_w)               over a user's items and an item's users,
///     p_v = ReLU(Σ_w α_vw W_p h_w)               over a user's friends; over items bought with an item, W_q,
///     embedding_v = Σ_k γ_vk (h_v, n_v, p_v)_k   with γ_v = softmax_k(q · tanh(U x_k + d) + b_k);
///
/// α = softmax of LeakyReLU(a · [W h_v ‖ W h_w]) over each node's neighbors. The logit is the inner product.
///
/// The paper encodes sentences of reviews and predicts ratings; what is here is its hierarchy over the text and
/// tags of a catalog, with embedded terms, for ranking. Where nobody named friends, users with common items are
/// friends, as in ``CombiGCN``. A step costs O((interactions + terms of items + ties) · factors) and O(nodes · factors²).
public struct TAG: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of all embeddings.
        public var factors = 64
        /// How many peers an item has, and a user where nobody named friends; 0 leaves peers out.
        public var neighbors = 10
        /// Whether text and genres of the catalog take part.
        public var content = true
        /// Whether interactions of every behavior are attended to, or the target's alone.
        public var multiBehavior = true
        public var dropout: Float = 0.1
        /// Standard deviation of the embeddings at the start.
        public var deviation: Float = 0.1
        /// λ of λ/2 · (|e_u|² + |e_i|²) over starting embeddings, once for every instance that the pair occurs in.
        public var regularization: Float = 1e-4
        public var train = TrainingConfig {
            $0.epochs = 100
            $0.batch = 8192
            $0.rate = 0.005
            $0.negatives = 1
            $0.loss = .bpr
            $0.messages = .bfloat16
            $0.patience = 10
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.factors, $0.dropout) = (16, 0)
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if neighbors < 0 { return "neighbors must not be negative" }
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "tag"
    public let nodes: GraphNodes
    public let embeddings: Parameter
    public let regularization: Float
    /// Over terms, over interactions, over friends, over items bought together; nil where there are none.
    let content, friends, companions: NodeAttention?
    let interest: NodeAttention
    let mixture: Mixture
    let dropout: Float

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        var stream = stream
        let edges = config.multiBehavior ? InteractionMatrix(data.log) : data.interactions
        let terms = config.content ? ContentFeatures(data.catalog, itemCount: data.itemCount).vectors : nil
        let nodes = GraphNodes(edges, others: terms?.columnCounts() ?? [], pool: pool)
        self.nodes = nodes
        embeddings = Parameter(
            rows: nodes.count, columns: config.factors, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        regularization = config.regularization
        dropout = config.dropout
        func attention(_ blocks: [GraphBlock]) -> NodeAttention? {
            guard blocks.contains(where: { $0.matrix.entryCount > 0 }) else { return nil }
            return NodeAttention(AttentionEdges(blocks, over: nodes), width: config.factors, stream: &stream)
        }
        let items = nodes.userCount
        content = terms.flatMap { attention([GraphBlock(matrix: $0, row: items, column: items + nodes.itemCount)]) }
        interest = NodeAttention(
            AttentionEdges([.users(edges, nodes), .items(edges, nodes)], over: nodes), width: config.factors,
            stream: &stream)
        let hasPeers = config.neighbors > 0
        friends =
            hasPeers
            ? attention([GraphBlock(matrix: data.socialGraph(config.neighbors, pool: pool), row: 0, column: 0)]) : nil
        companions =
            hasPeers
            ? attention([
                GraphBlock(
                    matrix: data.interactions.transposed().peers(config.neighbors, pool: pool), row: items,
                    column: items)
            ]) : nil
        mixture = Mixture(
            friends == nil && companions == nil ? 2 : 3, width: config.factors, .node, stream: &stream)
    }

    public func embed(_ tape: Tape) -> Tensor {
        var h = tape.nodes(embeddings, nodes.partition)
        if let content { h = tape.add(h, content(h, tape)) }
        var parts = [h, interest(h, tape)]
        // Of users the one is zero, of items the other.
        let peers = [friends, companions].compactMap { $0?(h, tape) }
        if let first = peers.first { parts.append(peers.dropFirst().reduce(first) { tape.add($0, $1) }) }
        return mixture(parts.map { tape.dropout($0, rate: dropout) }, tape)
    }
}

/// What nodes take from those they look at, as each of these deserves attention (Veličković et al., ICLR 2018):
///
///     y_u = ReLU(Σ_v α_uv z_v),  z = W h + b,  α_u = softmax_v(LeakyReLU(a · z_u + a' · z_v)); 0 without neighbors.
struct NodeAttention: Module {
    let edges: AttentionEdges
    let projection: Linear
    /// a and a'.
    let own, other: Parameter

    init(_ edges: AttentionEdges, width: Int, stream: inout RandomStream) {
        self.edges = edges
        projection = Linear(width, width, .glorot(inputs: width, outputs: width), stream: &stream)
        own = Parameter(columns: width, .glorot(inputs: width, outputs: 1), stream: RandomStream(key: stream.next()))
        other = Parameter(columns: width, .glorot(inputs: width, outputs: 1), stream: RandomStream(key: stream.next()))
    }

    func callAsFunction(_ h: Tensor, _ tape: Tape) -> Tensor {
        let z = projection(h, tape)
        let s = tape.matmul(z, tape(own), transposed: true)
        let t = tape.matmul(z, tape(other), transposed: true)
        return tape.activate(tape.edgeAttention(edges, s: s, t: t, z: z), .relu)
    }
}

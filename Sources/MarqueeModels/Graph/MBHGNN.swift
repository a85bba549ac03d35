public import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor
internal import Synchronization

/// MBH-GNN: multi-behavior, neighbor-aware, high-hop graph network.
///
/// Neighbor-aware layers, for each behavior k,
///
///     h_u^k = ReLU(Σ_{v ∈ N_k(u)} α_uv^k w_uv^k W_k h_v),
///     α_u^k = softmax over N_k(u) of LeakyReLU(a_k · [W_k h_u ‖ W_k h_v]),
///
/// the same for users and items, fused to h_u = Σ_k β_k h_u^k. Then high hops over the graph of all behaviors,
/// h^(l+1) = ReLU(Ã h^(l) W^(l)) with Ã degree-normalized, and Σ_l γ_l h^(l). β and γ are learned, for all
/// nodes alike or by attention of each node. A pair's logit is the inner product, or a ``PairHead``'s.
///
/// Most nodes have no neighbors in a rare behavior. If their h^k, which is 0, took its share of β, the weights
/// of rare behaviors would sink for everybody, which the paper names as its limit; here β_u is shared among the
/// behaviors that u has (``Config/leavesOutAbsent``).
///
/// Where the paper leaves it open: W_k and W^(l) start as the identity, so that a node begins as what surrounds it,
/// and learning starts from there; every layer takes part in γ, as users are embedded among items after one and among
/// users after two; w is ``BehaviorEdges``'s, Ã is symmetric-normalized, and the starting
/// embedding takes part in γ as a hop of its own, since neighborhoods do not contain the node itself.
///
/// A step does not see the target's edges of its own pairs (``Config/hidesTargets``, `MBHGNN+Hiding.swift`): with them
/// in sight the network reads its answers off the graph. The pairs are the target's, or of every behavior
/// (``Config/learnsAll``).
///
/// A step embeds all nodes (`MBHGNN+WholeGraph.swift`), or, with ``Config/neighbors``, the batch's alone from a sample
/// of what surrounds them (`MBHGNN+Sampling.swift`), so that its cost does not grow with the graph.
public struct MBHGNN: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of all embeddings.
        public var factors = 128
        /// Neighbor-aware layers; 0 leaves them out.
        public var layers = 2
        /// L, hops over the fused graph; 0 leaves them out.
        public var hops = 2
        /// Whether behaviors other than the target take part.
        public var multiBehavior = true
        /// Whether neighbors are attended to; else they count by degree, as in a graph convolution.
        public var attention = true
        /// Whether what the catalog knows of items (genres and domains one-hot, years standardized) takes part in
        /// what they start from.
        public var metadata = true
        /// Whose β: `global` or `node`.
        public var behaviorWeights = MixtureWeights.node
        /// Whether a node's β leaves out the behaviors in which it has no neighbors.
        public var leavesOutAbsent = true
        /// Whose γ: `global` or `node`.
        public var hopWeights = MixtureWeights.node
        /// Whether a step's pairs are left out of the target's graph while it learns of them.
        public var hidesTargets = true
        /// Whether their other edges, views and carts of the same pair, are left out with them, and every edge of a pair
        /// that is no target's and learned (``learnsAll``): where what is to be recommended was not touched before.
        public var hidesAuxiliary = false
        /// Whether pairs of every behavior are learned, or the target's alone. There are many more of them, and one
        /// that is no purchase is learned in sight of its own edge, as what was touched is worth showing, unless
        /// ``hidesAuxiliary``.
        public var learnsAll = false
        /// σ(x) = max(x, slope · x): 0 is ReLU, the paper's choice, 1 leaves a linear network.
        public var slope: Float = 0
        /// At most so many neighbors a node, behavior and level are looked at in a step, drawn anew each time; 0 for
        /// all of them, and all nodes.
        public var neighbors = 0
        /// By what a pair's embeddings are scored: `inner-product` or `mlp`.
        public var score = PairScore.innerProduct
        public var dropout: Float = 0.5
        /// Standard deviation of the embeddings at the start: wide, as an item that a user touched is one of some fifty
        /// in a mean, and what is not heard there from the start is drowned by popularity before it is learned.
        public var deviation: Float = 1
        /// λ of λ/2 · (|e_u|² + |e_i|²) over starting embeddings, once for every instance that the pair occurs in.
        public var regularization: Float = 1e-4
        public var train = TrainingConfig {
            $0.epochs = 50
            $0.batch = 512
            $0.negatives = 1
            $0.loss = .bpr
            $0.messages = .bfloat16
            $0.patience = 5
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.factors, $0.layers, $0.hops, $0.dropout, $0.deviation) = (16, 1, 1, 0, 0.3)
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if layers < 0 { return "layers must not be negative" }
            if neighbors < 0 { return "neighbors must not be negative" }
            if hops < 0 { return "hops must not be negative" }
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            if !(0...1).contains(slope) { return "slope must lie in 0...1" }
            if regularization < 0 { return "regularization must not be negative" }
            if hidesAuxiliary, !hidesTargets {
                return "hides-auxiliary hides what hides-targets hides, and more; it needs that"
            }
            return train.problem
        }
    }

    public static let kind = "mbh-gnn"
    public let nodes: GraphNodes
    public let embeddings: Parameter
    public let regularization: Float
    public let positives: InteractionMatrix?
    let features: NodeFeatures?
    let layers: [NeighborLayer]
    /// W^(l).
    let hops: [Parameter]
    let hopMixture: Mixture
    public let head: PairHead?
    let fused: WeightedAdjacency
    /// Nil where steps see the very edges they are asked for.
    let hiding: Hiding?
    let dropout: Float
    let activation: Activation
    /// Of steps that see samples.
    let sampling: Sampling?

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) throws {
        var stream = stream
        let graph = try BehaviorGraph(data.log)
        let behaviors = config.multiBehavior ? graph.behaviors : [graph.behaviors[graph.target]]
        let union = config.multiBehavior ? graph.fused() : behaviors[0].adjacency
        let nodes = GraphNodes(union, pool: pool)
        self.nodes = nodes
        embeddings = Parameter(
            rows: nodes.count, columns: config.factors, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        regularization = config.regularization
        positives = config.learnsAll && config.multiBehavior ? InteractionMatrix(data.log) : nil
        features =
            config.metadata
            ? ItemFeatures(data.catalog, itemCount: data.itemCount).map {
                NodeFeatures($0, nodes: nodes, width: config.factors)
            } : nil
        dropout = config.dropout
        let activation = Activation.leakyReLU(slope: config.slope)
        self.activation = activation
        fused = WeightedAdjacency(union, nodes: nodes)
        hiding =
            config.hidesTargets
            ? Hiding(
                target: config.multiBehavior ? graph.target : 0, behaviors: behaviors.map(\.adjacency), fused: union,
                hidesAuxiliary: config.hidesAuxiliary, asksForAll: positives != nil) : nil
        sampling = config.neighbors > 0 ? Sampling(neighbors: config.neighbors, nodes: nodes) : nil
        let graphs =
            config.layers == 0
            ? []
            : behaviors.map { behavior -> NeighborLayer.Neighbors in
                config.attention
                    ? .attended(BehaviorEdges(behavior, nodes: nodes, stream: &stream))
                    : .counted(WeightedAdjacency(behavior.adjacency, nodes: nodes))
            }
        layers = (0..<config.layers).map { _ in
            NeighborLayer(
                graphs, width: config.factors, config.behaviorWeights, leavesOutAbsent: config.leavesOutAbsent,
                activation: activation, stream: &stream)
        }
        hops = (0..<config.hops).map { _ in
            Parameter(
                rows: config.factors, columns: config.factors, .identity, stream: RandomStream(key: stream.next()))
        }
        hopMixture = Mixture(
            1 + config.layers + config.hops, width: config.factors, config.hopWeights,
            stream: &stream)
        head = config.score == .mlp ? PairHead(width: config.factors, stream: &stream) : nil
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        sampling.map { sampledLogits(batch, $0, tape) } ?? wholeGraphLogits(batch, tape)
    }

    public func embed(_ tape: Tape) -> Tensor {
        let start = start(tape)
        return embed(
            start, layers: layers.map { $0.behaviors.map(\.neighbors.whole) }, hops: hops.map { _ in fused.whole }, tape
        ) { $0 }
    }

    /// What the worker's own nodes start from.
    func start(_ tape: Tape) -> Tensor {
        let own = tape.nodes(embeddings, nodes.partition)
        return features.map { tape.add(own, $0(tape)) } ?? own
    }

    /// Embeddings from what all nodes start from, along the edges of each level: of the nodes whose rows `asked` takes out
    /// of a node tensor, or of those selected.
    func embed(
        _ start: Tensor, layers edges: [[NeighborLayer.Edges]], hops graphs: [SparseOperator], _ tape: Tape,
        at nodes: NodeSelection? = nil, asked: (Tensor) -> Tensor
    ) -> Tensor {
        var h = start
        var all = [asked(start)]
        for (layer, edges) in zip(layers, edges) {
            h = tape.dropout(layer(h, along: edges, tape), rate: dropout)
            all.append(asked(h))
        }
        for (index, (hop, graph)) in zip(hops, graphs).enumerated() {
            let selection = index == hops.count - 1 ? nodes : nil
            h = tape.activate(
                tape.matmul(tape.propagate(graph, h, at: selection), tape(hop), transposed: true), activation)
            all.append(selection == nil ? asked(h) : h)
        }
        return hopMixture(all, tape)
    }

    /// β, mean over nodes and layers; empty when there is one behavior.
    public var behaviorWeights: [Float] {
        guard let count = layers.first?.behaviors.count, count > 1 else { return [] }
        let sums = Mutex([Double](repeating: 0, count: count))
        Crew(pool: nodes.pool).run { tape in
            tape.begin(batchCount: 1, training: false)
            var h = start(tape)
            for layer in layers {
                let edges = layer.behaviors.map(\.neighbors.whole)
                let parts = layer.parts(h, along: edges, tape)
                let weights = layer.mixture.weights(of: parts, present: layer.presence(in: edges, tape), tape)
                h = tape.mix(parts, weights: weights)
                let values = weights.values
                sums.withLock { for (index, weight) in values.enumerated() { $0[index % count] += Double(weight) } }
            }
        }
        let all = Double(nodes.count * layers.count)
        return sums.withLock { $0.map { Float($0 / all) } }
    }

    /// What nodes take from their neighbors of every behavior, fused.
    struct NeighborLayer: Module {
        /// Who the neighbors are: learned of, or counted by degree.
        enum Neighbors: Sendable {
            case attended(BehaviorEdges)
            case counted(WeightedAdjacency)

            var graph: Adjacency {
                switch self {
                case .attended(let edges): edges.graph
                case .counted(let edges): edges.graph
                }
            }

            var whole: Edges {
                switch self {
                case .attended(let edges): .attended(edges.edges)
                case .counted(let edges): .counted(edges.whole)
                }
            }

            func without(_ hidden: Set<Int>) -> Edges {
                switch self {
                case .attended(let edges): .attended(edges.without(hidden))
                case .counted(let edges): .counted(edges.without(hidden))
                }
            }

            func sampled(_ drawn: GraphSample.Edges, of sample: GraphSample, without hidden: Set<Int>) -> Edges {
                switch self {
                case .attended(let edges):
                    .attended(edges.sampled(hidden.isEmpty ? drawn : drawn.without(hidden), of: sample))
                case .counted(let edges): .counted(edges.sampled(drawn, of: sample, without: hidden))
                }
            }
        }

        /// The edges that a step goes along, all or a sample.
        enum Edges {
            case attended(AttentionEdges)
            case counted(SparseOperator)

            /// Whether the `row`-th of a worker's nodes has neighbors.
            func hasNeighbors(_ row: Int, _ tape: Tape) -> Bool {
                switch self {
                case .attended(let edges): edges.degree(row, tape) > 0
                case .counted(let graph): graph.degree(row, tape) > 0
                }
            }
        }

        /// Of one behavior: W_k, and the halves of a_k for the node and for its neighbor.
        struct Behavior: Module {
            let neighbors: Neighbors
            /// The weights of ``neighbors``; nil where they are counted.
            let weights: BehaviorEdges?
            let activation: Activation
            let projection: Parameter
            let own, other: Parameter

            func callAsFunction(_ h: Tensor, along edges: Edges, _ tape: Tape) -> Tensor {
                let z = tape.matmul(h, tape(projection), transposed: true)
                switch edges {
                case .counted(let graph): return tape.activate(tape.propagate(graph, z), activation)
                case .attended(let edges):
                    let looking = tape.first(edges.sampledRows ?? z.rows, of: z)
                    let s = tape.matmul(looking, tape(own), transposed: true)
                    let t = tape.matmul(z, tape(other), transposed: true)
                    return tape.activate(
                        tape.edgeAttention(edges, s: s, t: t, z: z, weights: weights?.weights(tape)), activation)
                }
            }
        }

        let behaviors: [Behavior]
        let mixture: Mixture
        let leavesOutAbsent: Bool

        init(
            _ graphs: [Neighbors], width: Int, _ weights: MixtureWeights, leavesOutAbsent: Bool, activation: Activation,
            stream: inout RandomStream
        ) {
            var behaviors: [Behavior] = []
            for graph in graphs {
                var weights: BehaviorEdges?
                if case .attended(let attended) = graph { weights = attended }
                behaviors.append(
                    Behavior(
                        neighbors: graph, weights: weights, activation: activation,
                        projection: Parameter(
                            rows: width, columns: width, .identity, stream: RandomStream(key: stream.next())),
                        own: Parameter(
                            columns: width, .glorot(inputs: width, outputs: 1), stream: RandomStream(key: stream.next())
                        ),
                        other: Parameter(
                            columns: width, .glorot(inputs: width, outputs: 1), stream: RandomStream(key: stream.next())
                        )))
            }
            self.behaviors = behaviors
            self.leavesOutAbsent = leavesOutAbsent
            mixture = Mixture(graphs.count, width: width, weights, stream: &stream)
        }

        func callAsFunction(_ h: Tensor, along edges: [Edges], _ tape: Tape) -> Tensor {
            mixture(parts(h, along: edges, tape), present: presence(in: edges, tape), tape)
        }

        /// Whether a node of this worker has neighbors in a behavior; nil where that makes no difference.
        func presence(in edges: [Edges], _ tape: Tape) -> ((Int, Int) -> Bool)? {
            leavesOutAbsent ? { edges[$1].hasNeighbors($0, tape) } : nil
        }

        /// h^k, one a behavior.
        func parts(_ h: Tensor, along edges: [Edges], _ tape: Tape) -> [Tensor] {
            zip(behaviors, edges).map { $0(h, along: $1, tape) }
        }
    }
}

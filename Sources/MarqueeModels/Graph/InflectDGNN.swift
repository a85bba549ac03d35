internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// INFLECT-DGNN: a graph encoder over snapshots of time, then a recurrent network over what it saw (Tiukhova et
/// al., "INFLECT-DGNN: Influencer prediction with dynamic graph neural networks", IEEE Access 2024), here to
/// rank items rather than to find influencers:
///
///     x_s = ReLU(Â_s … ReLU(Â_s e W₁ + b₁) … W_L + b_L)    for snapshot s, with Â_s = D^-½ (A_s + I) D^-½,
///     h_s = GRU(x_s, h_{s-1}),  h_0 = 0;
///
/// the embedding is the last h_s, the logit an inner product. The training interactions are cut by time into
/// `snapshots` of nearly equal number, those of one time together; without times there is one snapshot. Every
/// snapshot goes through the same weights. O(interactions · factors + snapshots · nodes · factors²) a step.
public struct InflectDGNN: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of all embeddings.
        public var factors = 64
        /// L, convolutions in a snapshot.
        public var layers = 1
        /// Into how many pieces time is cut.
        public var snapshots = 4
        /// Whether interactions of every behavior are edges, or the target's alone.
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
            if layers < 1 { return "layers must be at least 1" }
            if snapshots < 1 { return "snapshots must be at least 1" }
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "inflect-dgnn"
    public let nodes: GraphNodes
    public let embeddings: Parameter
    public let regularization: Float
    /// Â of each snapshot, the oldest first.
    let snapshots: [SparseOperator]
    let layers: [Linear]
    let memory: GRUCell
    let dropout: Float

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        var stream = stream
        let log = config.multiBehavior ? data.log : data.log.targets
        let nodes = GraphNodes(InteractionMatrix(log), pool: pool)
        self.nodes = nodes
        let width = config.factors
        embeddings = Parameter(
            rows: nodes.count, columns: width, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        regularization = config.regularization
        dropout = config.dropout
        snapshots = log.snapshots(config.snapshots).map { Self.convolution(InteractionMatrix($0), nodes) }
        layers = (0..<config.layers).map { _ in
            Linear(width, width, .glorot(inputs: width, outputs: width), stream: &stream)
        }
        memory = GRUCell(width, width, stream: &stream)
    }

    public func embed(_ tape: Tape) -> Tensor {
        let start = tape.nodes(embeddings, nodes.partition)
        var state: Tensor?
        for snapshot in snapshots {
            var x = start
            for layer in layers { x = layer(tape.propagate(snapshot, x), tape, relu: true) }
            state = memory(tape.dropout(x, rate: dropout), state, tape)
        }
        return state ?? start
    }

    /// D^-½ (A + I) D^-½, D the degrees of A + I.
    private static func convolution(_ matrix: InteractionMatrix, _ nodes: GraphNodes) -> SparseOperator {
        let edges = matrix.normalized(extra: 1)
        let degrees = matrix.rowSums() + matrix.columnSums()
        let loops = InteractionMatrix(
            rowCount: nodes.count, columnCount: nodes.count, offsets: Array(0...nodes.count),
            columns: (0..<nodes.count).map { Int32($0) }, values: degrees.map { 1 / ($0 + 1) })
        return SparseOperator(
            [.users(edges, nodes), .items(edges, nodes), GraphBlock(matrix: loops, row: 0, column: 0)], over: nodes,
            symmetric: true)
    }
}

extension InteractionLog {
    /// The log cut by time into at most `count` pieces of nearly equal number, the oldest first; itself where
    /// there are no times. Interactions of one time are never torn apart.
    func snapshots(_ count: Int) -> [InteractionLog] {
        guard !timestamps.isEmpty, count > 1 else { return [self] }
        let sorted = timestamps.sorted()
        let starts = Set((1..<count).map { sorted[$0 * sorted.count / count] }).filter { $0 > sorted[0] }.sorted()
        let piece = timestamps.map { time in starts.partitionPoint { $0 > time } }
        return (0...starts.count).map { k in selecting(piece.indices.filter { piece[$0] == k }) }
    }
}

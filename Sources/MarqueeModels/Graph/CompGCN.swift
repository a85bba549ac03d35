internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// CompGCN: graph convolution over edges of several relations, which are embedded too (Vashishth, Sanyal,
/// Nitin and Talukdar, "Composition-based multi-relational graph convolutional networks", ICLR 2020, §4):
///
///     h_v' = tanh(⅓ (W_out Σ_{(u,r) → v} φ(h_u, z_r) + W_in Σ_{(u,r⁻¹) → v} φ(h_u, z_r⁻¹) + W_loop φ(h_v, z_loop)))
///     z_r' = W_rel z_r
///
/// φ composes a neighbor and the relation: h − z, h ∘ z, or h ⋆ z with (h ⋆ z)_k = Σ_i h_i z_{(i + k) mod d}.
/// A relation is a behavior, from users to items, or an item's genre; each has its inverse. Messages are
/// weighted by 1/√(d_u d_v), the edges of all relations of a direction counted in d. The logit is the inner
/// product of the last h.
///
/// Left out against the paper's code: batch normalization, for which embeddings start wide enough to be heard,
/// and relations such that φ keeps a neighbor's length; and the basis of relations, which are few here.
/// A layer costs O(edges · d), and O(nodes · relations · d²) for correlation.
public struct CompGCN: GraphNetwork {
    /// φ.
    public enum Composition: String, Codable, Sendable, CaseIterable {
        case subtraction, multiplication, correlation
    }

    public struct Config: GraphNetworkConfig {
        /// d, the width of all embeddings.
        public var factors = 64
        public var layers = 1
        public var composition = Composition.multiplication
        /// Whether the genres of a catalog are nodes, tied to their items.
        public var metadata = true
        /// Standard deviation of h at the start.
        public var deviation: Float = 0.1
        /// Share of messages that is dropped.
        public var dropout: Float = 0.1
        /// λ of λ/2 · (|e_u|² + |e_i|²) over starting embeddings, once for every instance that the pair occurs in.
        public var regularization: Float = 1e-5
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
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "compgcn"
    public let nodes: GraphNodes
    public let embeddings: Parameter
    public let regularization: Float
    let relations: [Relation]
    let layers: [Layer]

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        var stream = stream
        let genres = config.metadata ? data.catalog.genres(itemCount: data.itemCount).matrix : nil
        let nodes = GraphNodes(InteractionMatrix(data.log), others: genres?.columnCounts() ?? [], pool: pool)
        self.nodes = nodes
        let width = config.factors
        let start = config.composition.start(width, deviation: config.deviation)
        embeddings = Parameter(
            rows: nodes.count, columns: width, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        regularization = config.regularization
        // Heads × tails; a genre's items are heads as a behavior's users are.
        var edges = data.behaviors.map { GraphBlock.users($0, nodes) }
        if let genres, genres.entryCount > 0 {
            edges.append(GraphBlock(matrix: genres, row: nodes.userCount, column: nodes.userCount + nodes.itemCount))
        }
        let weighted = Self.normalized(edges, over: nodes)
        relations = weighted.map { block in
            let inverse = SparseOperator([block], over: nodes, symmetric: false)
            let direct = SparseOperator(
                [GraphBlock(matrix: block.matrix.transposed(), row: block.column, column: block.row)], over: nodes,
                symmetric: false)
            return Relation(
                direct: direct, inverse: inverse,
                z: Parameter(columns: width, start, stream: RandomStream(key: stream.next())),
                inverseZ: Parameter(columns: width, start, stream: RandomStream(key: stream.next())))
        }
        layers = (0..<config.layers).map { _ in
            Layer(width, config.composition, start: start, dropout: config.dropout, stream: &stream)
        }
    }

    public func embed(_ tape: Tape) -> Tensor {
        var h = tape.nodes(embeddings, nodes.partition)
        var z = relations.map { (direct: tape($0.z), inverse: tape($0.inverseZ)) }
        for layer in layers { h = layer(h, &z, relations, tape) }
        return h
    }

    /// Every edge's weight 1/√(d_head d_tail), degrees over all blocks.
    private static func normalized(_ blocks: [GraphBlock], over nodes: GraphNodes) -> [GraphBlock] {
        var (heads, tails) = ([Float](repeating: 0, count: nodes.count), [Float](repeating: 0, count: nodes.count))
        for block in blocks {
            for (row, sum) in block.matrix.rowSums().enumerated() { heads[block.row + row] += sum }
            for (column, sum) in block.matrix.columnSums().enumerated() { tails[block.column + column] += sum }
        }
        return blocks.map { block in
            let matrix = block.matrix.mapValues { row, column, value in
                value / (heads[block.row + Int(row)] * tails[block.column + Int(column)]).squareRoot()
            }
            return GraphBlock(matrix: matrix, row: block.row, column: block.column)
        }
    }

    /// A relation and its inverse: who hears of whom, and both embeddings, [1, d].
    struct Relation: Module {
        /// Tails hear of heads; heads hear of tails.
        let direct, inverse: SparseOperator
        let z, inverseZ: Parameter
    }

    struct Layer: Module {
        /// W_out, W_in, W_loop with biases, W_rel.
        let out, into, loop: Linear
        let relation: Parameter
        /// z_loop.
        let own: Parameter
        let composition: Composition
        let dropout: Float

        init(
            _ width: Int, _ composition: Composition, start: Initializer, dropout: Float, stream: inout RandomStream
        ) {
            let square = Initializer.glorot(inputs: width, outputs: width)
            out = Linear(width, width, square, stream: &stream)
            into = Linear(width, width, square, stream: &stream)
            loop = Linear(width, width, square, stream: &stream)
            relation = Parameter(rows: width, columns: width, square, stream: RandomStream(key: stream.next()))
            own = Parameter(columns: width, start, stream: RandomStream(key: stream.next()))
            self.composition = composition
            self.dropout = dropout
        }

        func callAsFunction(
            _ h: Tensor, _ z: inout [(direct: Tensor, inverse: Tensor)], _ relations: [Relation], _ tape: Tape
        ) -> Tensor {
            func sum(_ messages: [Tensor]) -> Tensor { messages.dropFirst().reduce(messages[0]) { tape.add($0, $1) } }
            let direct = sum(zip(relations, z).map { tape.propagate($0.direct, compose(h, $1.direct, tape)) })
            let inverse = sum(zip(relations, z).map { tape.propagate($0.inverse, compose(h, $1.inverse, tape)) })
            let all = sum([
                tape.dropout(out(direct, tape), rate: dropout), tape.dropout(into(inverse, tape), rate: dropout),
                loop(compose(h, tape(own), tape), tape),
            ])
            z = z.map { z in
                let (direct, inverse) = (z.direct, z.inverse)
                return (
                    tape.matmul(direct, tape(relation), transposed: true),
                    tape.matmul(inverse, tape(relation), transposed: true)
                )
            }
            return tape.activate(tape.scale(all, by: 1 / 3), .tanh)
        }

        /// φ(h, z): [nodes, d], [1, d] → [nodes, d].
        private func compose(_ h: Tensor, _ z: Tensor, _ tape: Tape) -> Tensor {
            switch composition {
            case .subtraction: tape.addBias(h, tape.scale(z, by: -1))
            case .multiplication: tape.scaleColumns(h, by: z)
            case .correlation: tape.matmul(h, circulant(z, tape))
            }
        }

        /// M with M_ik = z_{(i + k) mod d}: d + 1 copies of z end to end, read in rows of d + 1, shift by one
        /// a row; the last column, the first again, is cut off.
        private func circulant(_ z: Tensor, _ tape: Tape) -> Tensor {
            let d = z.columns
            let ones = tape.constant([Float](repeating: 1, count: d + 1), rows: d + 1)
            let rows = tape.reshape(tape.matmul(ones, z), rows: d, columns: d + 1)
            let cut = tape.constant(rows: d + 1, columns: d)
            cut.fill { for k in 0..<$0.count { $0[k] = k / d == k % d ? 1 : 0 } }
            return tape.matmul(rows, cut)
        }
    }
}

extension CompGCN.Composition {
    /// How z starts, such that φ(h, z) is about as long as h.
    fileprivate func start(_ width: Int, deviation: Float) -> Initializer {
        switch self {
        case .subtraction: .normal(deviation: deviation)
        case .multiplication: .constant(1)
        case .correlation: .normal(deviation: 1 / Float(width).squareRoot())
        }
    }
}

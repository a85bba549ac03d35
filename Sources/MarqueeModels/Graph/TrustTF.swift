public import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// TrustTF: factorization of the tensor user × item × context, in which a user is also what he did and whom he
/// trusts (Zhao et al., "TrustTF: A tensor factorization model using user trust and implicit feedback for
/// context-aware recommender systems", Knowledge-Based Systems 2020):
///
///     logit(u, i, c) = b_i + Σ_f P_uf q_if k_cf
///     P_u = p_u + |N(u)|^-½ Σ_{i ∈ N(u)} y_i + |T(u)|^-½ Σ_{v ∈ T(u)} w_v + |M(u)|^-½ Σ_{v ∈ M(u)} m_v
///
/// N(u) are the items that u touched by any behavior, T(u) whom he trusts, M(u) whom he trusts and who trust him.
/// A context is a behavior in a piece of time (`periods` pieces of nearly equal number; one where the data has
/// no times); every behavior's interactions are positives of their context, and the target in the newest piece
/// is ranked. Biases of users and contexts do not change a ranking and are left out. Where nobody named friends,
/// the peers of ``CombiGCN`` are trusted.
///
/// The paper minimizes squared errors of ratings; here it is trained to rank, with sampled negatives of the same
/// user and context. A step costs O((interactions + ties) · factors).
public struct TrustTF: GraphNetwork {
    public struct Config: GraphNetworkConfig {
        /// Width of p, q, k, y, w and m.
        public var factors = 64
        /// Into how many pieces time is cut.
        public var periods = 2
        /// How many peers a user trusts where nobody named friends; 0 for none.
        public var neighbors = 10
        /// Standard deviation of p and q at the start; y, w, m and b start at 0, k at 1.
        public var deviation: Float = 0.1
        /// λ of λ/2 · (|P_u|² + |q_i|²), once for every instance that the pair occurs in.
        public var regularization: Float = 1e-3
        public var train = TrainingConfig {
            $0.epochs = 50
            $0.batch = 8192
            $0.rate = 0.005
            $0.negatives = 1
            $0.loss = .bpr
            $0.messages = .bfloat16
            $0.patience = 5
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.factors, $0.periods) = (16, 1)
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if periods < 1 { return "periods must be at least 1" }
            if neighbors < 0 { return "neighbors must not be negative" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "trusttf"
    public let nodes: GraphNodes
    /// p and q.
    public let embeddings: Parameter
    public let regularization: Float
    /// What the users of each context touched, one context's users below the other's.
    public let positives: InteractionMatrix?
    /// y; w and m, nil without such ties. Each with who hears of whom.
    let implicit: Influence
    let trusted, mutual: Influence?
    /// k.
    let contexts: EmbeddingTable
    /// b.
    let bias: EmbeddingTable
    /// The context that is ranked.
    let target: Int

    public init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) {
        var stream = stream
        let union = InteractionMatrix(data.log)
        let nodes = GraphNodes(union, pool: pool)
        self.nodes = nodes
        embeddings = Parameter(
            rows: nodes.count, columns: config.factors, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        regularization = config.regularization
        implicit = Influence(.users(union, nodes), nodes, width: config.factors)
        let ties =
            data.ties.isEmpty
            ? config.neighbors > 0 ? data.socialGraph(config.neighbors, pool: pool) : nil : data.tieMatrix
        let back = ties?.transposed()
        func influence(mutual: Bool) -> Influence? {
            let some = ties?.choosing { user, others in others.filter { back?.contains(user, $0) == mutual } }
            guard let some, some.entryCount > 0 else { return nil }
            return Influence(GraphBlock(matrix: some, row: 0, column: 0), nodes, width: config.factors)
        }
        trusted = influence(mutual: false)
        mutual = influence(mutual: true)
        // A piece of time in which nothing of a behavior happened has no positives, and its factors stay as they are.
        let pieces = data.log.snapshots(config.periods)
        let matrices = pieces.flatMap { piece in
            data.behaviors.indices.map { InteractionMatrix(piece.selecting(behavior: UInt8($0))) }
        }
        let newest = matrices.indices.last { $0 % data.behaviors.count == data.target && matrices[$0].entryCount > 0 }
        target = newest ?? matrices.count - data.behaviors.count + data.target
        positives = .stacked(matrices)
        contexts = EmbeddingTable(
            rowCount: matrices.count, width: config.factors, .constant(1), stream: RandomStream(key: stream.next()))
        bias = EmbeddingTable(
            rowCount: nodes.itemCount, width: 1, .constant(0), stream: RandomStream(key: stream.next()))
    }

    /// P of users and q of items.
    public func embed(_ tape: Tape) -> Tensor {
        let start = tape.nodes(embeddings, nodes.partition)
        return [implicit, trusted, mutual].compactMap { $0 }.reduce(start) { tape.add($0, $1(nodes, tape)) }
    }

    /// The k-th "user" of a batch is user u in context c, by the number c · users + u.
    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let all = tape.share(embed(tape), nodes.partition)
        let (users, contextIndices) = (tape.indices(batch.users.count), tape.indices(batch.users.count))
        users.fill { users in
            contextIndices.fill {
                for k in 0..<users.count {
                    users[k] = batch.users[k] % Int32(nodes.userCount)
                    $0[k] = batch.users[k] / Int32(nodes.userCount)
                }
            }
        }
        let p = tape.gather(all, users)
        let q = tape.gather(all, batch.items, shift: nodes.userCount)
        if regularization > 0 {
            tape.squaredNorm(p, weight: regularization)
            tape.squaredNorm(q, weight: regularization)
        }
        let inContext = tape.multiply(p, tape.gather(contexts[contextIndices]))
        return tape.add(tape.dot(inContext, q), tape.gather(bias[batch.items]))
    }

    public func factors() -> FactorScorer? {
        guard let plain = embedded() else { return nil }
        let k = Array(contexts.values[target * plain.rank..<(target + 1) * plain.rank])
        let users = plain.userFactors.indices.map { plain.userFactors[$0] * k[$0 % plain.rank] }
        return FactorScorer(
            rank: plain.rank, userFactors: users, itemFactors: plain.itemFactors, itemBias: bias.values)
    }

    /// Σ of the vectors of whom and what a user looks at, over the root of their number.
    struct Influence: Module {
        let graph: SparseOperator
        /// [nodes, width].
        let vectors: Parameter

        init(_ block: GraphBlock, _ nodes: GraphNodes, width: Int) {
            let sizes = block.matrix.mapValues { _, _, _ in 1 }.rowSums()
            let weighted = block.matrix.mapValues { row, _, _ in 1 / sizes[Int(row)].squareRoot() }
            graph = SparseOperator(
                [GraphBlock(matrix: weighted, row: block.row, column: block.column)], over: nodes, symmetric: false)
            vectors = Parameter(rows: nodes.count, columns: width, .constant(0), stream: RandomStream(key: 0))
        }

        func callAsFunction(_ nodes: GraphNodes, _ tape: Tape) -> Tensor {
            tape.propagate(graph, tape.nodes(vectors, nodes.partition))
        }
    }
}

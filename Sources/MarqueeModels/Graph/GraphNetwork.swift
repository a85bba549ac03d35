public import MarqueeData
public import MarqueeEvaluation
public import MarqueeRuntime
public import MarqueeTensor
internal import Synchronization

/// A network that embeds users and items by what surrounds them in the interaction graph, and scores a
/// pair by the inner product of its two embeddings, or by a head on top of them.
///
/// A conforming file is the model: configuration, parameters and how nodes are embedded.
public protocol GraphNetwork: ScoringNetwork {
    associatedtype Config: GraphNetworkConfig

    /// A network over the graph of `data`, with fresh parameters, drawn from `stream`.
    /// - Throws: where the data makes no graph.
    init(_ config: Config, data: TrainingSet, pool: WorkerPool, stream: RandomStream) throws

    var nodes: GraphNodes { get }

    /// What every node starts from: [nodes, width].
    var embeddings: Parameter { get }

    /// λ of λ/2 · (|e_u|² + |e_i|²) over starting embeddings, once for every instance that the pair occurs in.
    var regularization: Float { get }

    /// The embeddings of this worker's nodes.
    func embed(_ tape: Tape) -> Tensor

    /// What scores a pair of final embeddings; nil for their inner product.
    var head: PairHead? { get }

    /// How much each behavior counts, in the order of the training data's, adding up to 1; empty for networks
    /// that do not weigh them.
    var behaviorWeights: [Float] { get }

    /// The positive pairs of training where they are not the target's interactions; its rows are what the batch
    /// calls users.
    var positives: InteractionMatrix? { get }
}

/// A graph network's choices and how it is trained.
public protocol GraphNetworkConfig: ModelConfig {
    var train: TrainingConfig { get }
    /// Width of final embeddings and how pairs of them are scored.
    var factors: Int { get }
    var score: PairScore { get }
}

extension GraphNetworkConfig {
    public var score: PairScore { .innerProduct }
}

extension GraphNetwork {
    /// Light graph convolution: the mean of e^(0) … e^(L), e^(l+1) = A e^(l) (He et al., SIGIR 2020, §3.1).
    func lightConvolution(_ graph: SparseOperator, layers: Int, _ tape: Tape) -> Tensor {
        var layer = tape.nodes(embeddings, nodes.partition)
        var sum = layer
        for _ in 0..<layers {
            layer = tape.propagate(graph, layer)
            sum = tape.add(sum, layer)
        }
        return tape.scale(sum, by: 1 / Float(layers + 1))
    }

    public var positives: InteractionMatrix? { nil }
    public var behaviorWeights: [Float] { [] }
    public var head: PairHead? { nil }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor { logits(batch, of: embed(tape), tape) }

    /// Logits for which all nodes are embedded: this worker's own ones as `own`.
    func logits(_ batch: PairBatch, of own: Tensor, _ tape: Tape) -> Tensor {
        let final = tape.share(own, nodes.partition)
        regularize(batch, from: tape.share(embeddings, nodes.partition), tape)
        return score(tape.gather(final, batch.users), tape.gather(final, batch.items, shift: nodes.userCount), tape)
    }

    /// The logits of pairs of final embeddings.
    func score(_ users: Tensor, _ items: Tensor, _ tape: Tape) -> Tensor {
        head.map { $0(tape.concat(users, items), tape) } ?? tape.dot(users, items)
    }

    func regularize(_ batch: PairBatch, from start: SharedNodes, _ tape: Tape) {
        guard regularization > 0 else { return }
        tape.squaredNorm(tape.gather(start, batch.users), weight: regularization)
        tape.squaredNorm(tape.gather(start, batch.items, shift: nodes.userCount), weight: regularization)
    }

    public func factors() -> FactorScorer? { embedded() }

    public func scorer(userCount: Int, itemCount: Int) -> any Scorer {
        guard let head, let factors = factors() else {
            return PairScorer(network: self, userCount: userCount, itemCount: itemCount)
        }
        return EmbeddedPairs(factors, head).scorer()
    }

    /// The embeddings of all users and items.
    func embedded() -> FactorScorer? {
        let parts = Mutex([[Float]](repeating: [], count: nodes.pool.workerCount))
        Crew(pool: nodes.pool).run { tape in
            tape.begin(batchCount: 1, training: false)
            let values = embed(tape).values
            parts.withLock { $0[tape.worker] = values }
        }
        let values = parts.withLock { $0.flatMap { $0 } }
        let width = values.count / max(1, nodes.count)
        return FactorScorer(
            rank: width, userFactors: Array(values.prefix(nodes.userCount * width)),
            itemFactors: Array(values[nodes.userCount * width..<(nodes.userCount + nodes.itemCount) * width]))
    }
}

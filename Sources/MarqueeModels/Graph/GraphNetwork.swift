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

    /// Those of the selected ones, all that a step asks for: what only they need is not computed for others.
    func embed(_ tape: Tape, at nodes: NodeSelection?) -> Tensor

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
public protocol GraphNetworkConfig: NetworkConfig {
    /// Width of final embeddings and how pairs of them are scored.
    var factors: Int { get }
    var score: PairScore { get }
}

extension GraphNetworkConfig {
    public var score: PairScore { .innerProduct }
}

extension GraphNetwork {
    public func embed(_ tape: Tape, at nodes: NodeSelection?) -> Tensor { tape.rows(nodes, of: embed(tape)) }

    public var positives: InteractionMatrix? { nil }
    public var behaviorWeights: [Float] { [] }
    public var head: PairHead? { nil }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        regularize(batch, tape)
        let asked = selection(of: batch, tape)
        return logits(batch, of: embed(tape, at: asked), asked, tape)
    }

    /// The nodes that all workers' pairs are of.
    func selection(of batch: PairBatch, _ tape: Tape) -> NodeSelection {
        tape.select([(batch.users, 0), (batch.items, nodes.userCount)], of: nodes.partition)
    }

    /// Logits from this worker's own embeddings of the nodes that the step asks for.
    func logits(_ batch: PairBatch, of own: Tensor, _ asked: NodeSelection, _ tape: Tape) -> Tensor {
        let final = tape.share(own, asked)
        guard let head else { return tape.dot(final, batch.users, batch.items, shift: nodes.userCount) }
        let pairs = tape.concat(
            tape.gather(final, batch.users), tape.gather(final, batch.items, shift: nodes.userCount))
        return head(pairs, tape)
    }

    func regularize(_ batch: PairBatch, _ tape: Tape) {
        guard regularization > 0 else { return }
        tape.squaredNorm(
            tape.nodes(embeddings, nodes.partition), nodes.partition,
            of: [(batch.users, 0), (batch.items, nodes.userCount)], weight: regularization)
    }

    public func factors() -> FactorScorer? { embedded() }

    public func scorer(userCount: Int, itemCount: Int, target: Int) -> any Scorer {
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

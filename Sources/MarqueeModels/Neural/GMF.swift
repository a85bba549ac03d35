public import MarqueeRuntime
public import MarqueeTensor

/// Generalized matrix factorization: logit(u, i) = w · (p_u ∘ q_i) + b (He et al., WWW 2017, §3.2).
///
/// Regularization takes p_u as w ∘ p_u: w would otherwise grow, and p and q shrink unpunished. w starts
/// at 1, as plain matrix factorization.
public struct GMF: PairNetwork {
    public struct Config: NetworkConfig {
        public var factors = 8
        /// Standard deviation of the embeddings at the start.
        public var deviation: Float = 0.01
        /// λ of λ/2 · (|w ∘ p_u|² + |q_i|²), once for every instance that the pair occurs in.
        public var regularization: Float = 0
        public var train = TrainingConfig {
            $0.epochs = 20
            $0.patience = 3
        }

        public init() {}

        public static var tiny: Config {
            Config {
                $0.deviation = 0.1
                $0.train.makeTiny()
            }
        }

        public var problem: String? { factors < 1 ? "factors must be at least 1" : train.problem }
    }

    public static let kind = "gmf"
    let users, items: EmbeddingTable
    /// w and b.
    let weight, bias: Parameter
    let regularization: Float

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        var stream = stream
        self.users = EmbeddingTable(
            rowCount: users, width: config.factors, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        self.items = EmbeddingTable(
            rowCount: items, width: config.factors, .normal(deviation: config.deviation),
            stream: RandomStream(key: stream.next()))
        weight = Parameter(columns: config.factors, .constant(1), stream: stream)
        bias = Parameter(columns: 1, .constant(0), stream: stream, decays: false)
        regularization = config.regularization
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let p = tape.scaleColumns(tape.gather(users[batch.users]), by: tape(weight))
        let q = tape.gather(items[batch.items])
        tape.squaredNorm(p, weight: regularization)
        tape.squaredNorm(q, weight: regularization)
        return tape.addBias(tape.dot(p, q), tape(bias))
    }

    /// (w ∘ p_u) · q_i; the bias moves no ranking but keeps the scores equal to the logits.
    public func factors() -> FactorScorer? {
        let weight = weight.values
        let width = users.width
        let scaled = users.values.enumerated().map { $1 * weight[$0 % width] }
        return FactorScorer(
            rank: width, userFactors: scaled, itemFactors: items.values,
            itemBias: [Float](repeating: bias.values[0], count: items.rowCount))
    }
}

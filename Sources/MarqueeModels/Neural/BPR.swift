public import MarqueeRuntime
public import MarqueeTensor

/// Matrix factorization learned from pairs by Bayesian personalized ranking, BPR-MF: with x̂(u, i) = p_u · q_i + b_i it
/// raises
///
///     Σ ln σ(x̂(u, i) − x̂(u, j)) − λ/2 (|p_u|² + |q_i|² + |q_j|² + b_i² + b_j²)
///
/// over interactions (u, i) and items j that are drawn uniformly from those without u (Rendle, Freudenthaler, Gantner and
/// Schmidt-Thieme, UAI 2009). A user's bias would say nothing of order.
public struct BPR: PairNetwork {
    public struct Config: NetworkConfig {
        /// Width of p and q.
        public var factors = 64
        /// Standard deviation of p and q at the start; b starts at 0.
        public var deviation: Float = 0.1
        /// λ, once for every pair that a user or an item occurs in.
        public var regularization: Float = 0.01
        public var train = TrainingConfig {
            $0.epochs = 100
            $0.batch = 2048
            $0.rate = 0.002
            $0.loss = .bpr
            $0.negatives = 1
            $0.patience = 10
        }

        public init() {}

        public static var tiny: Config { Config { $0.train.makeTiny() } }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if regularization < 0 { return "regularization must not be negative" }
            if train.loss != .bpr { return "train.loss is what makes it bpr; for another take mf" }
            return train.problem
        }
    }

    public static let kind = "bpr"
    /// x̂ with user biases, which stay 0: in a pair they cancel.
    let factorization: MatrixFactorization

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        factorization = MatrixFactorization(
            MatrixFactorization.Config {
                $0.factors = config.factors
                $0.deviation = config.deviation
                $0.regularization = config.regularization
            }, users: users, items: items, stream: stream)
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor { factorization.logits(batch, tape) }
    public func factors() -> FactorScorer? { factorization.factors() }
}

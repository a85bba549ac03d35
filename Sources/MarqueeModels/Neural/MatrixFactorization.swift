public import MarqueeEvaluation
public import MarqueeRuntime
public import MarqueeTensor

/// Matrix factorization trained by gradient: logit(u, i) = p_u · q_i + b_u + b_i (Rendle, Krichene,
/// Zhang and Anderson, "Neural collaborative filtering vs. matrix factorization revisited", RecSys 2020,
/// with the logistic loss; Rendle et al., UAI 2009, with BPR).
public struct MatrixFactorization: PairNetwork {
    public struct Config: NetworkConfig {
        /// Width of p and q.
        public var factors = 64
        /// Standard deviation of p and q at the start; biases start at 0.
        public var deviation: Float = 0.1
        /// λ of λ/2 · (|p_u|² + |q_i|² + b_u² + b_i²), once for every instance that the pair occurs in.
        public var regularization: Float = 0.005
        public var train = TrainingConfig {
            $0.epochs = 40
            $0.batch = 4096
            $0.negatives = 8
            $0.patience = 4
        }

        public init() {}

        public static var tiny: Config {
            Config {
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if regularization < 0 { return "regularization must not be negative" }
            return train.problem
        }
    }

    public static let kind = "mf"
    /// p and q, each row followed by its bias: [users, factors + 1], [items, factors + 1].
    let users, items: EmbeddingTable
    let config: Config

    /// Where the fit's loss on the mean over its draws is known: with the logistic loss, uniform negatives and a ridge.
    /// Then a history is folded in (``FoldIn``).
    public static func scoresHistories(_ config: Config) -> Bool {
        config.train.loss == .logistic && config.train.popularity == 0 && config.train.weightDecay == 0
            && config.regularization > 0
    }

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        var stream = stream
        func table(_ rows: Int) -> EmbeddingTable {
            let width = config.factors + 1
            let table = EmbeddingTable(
                rowCount: rows, width: width, .normal(deviation: config.deviation),
                stream: RandomStream(key: stream.next()))
            var values = table.values
            for bias in stride(from: config.factors, to: values.count, by: width) { values[bias] = 0 }
            table.values = values
            return table
        }
        self.users = table(users)
        self.items = table(items)
        self.config = config
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let p = tape.gather(users[batch.users])
        let q = tape.gather(items[batch.items])
        tape.squaredNorm(p, weight: config.regularization)
        tape.squaredNorm(q, weight: config.regularization)
        return tape.biasedDot(p, q)
    }

    public func scorer(userCount: Int, itemCount: Int, target: Int) -> any Scorer {
        guard Self.scoresHistories(config), let factors = factors() else {
            return PairScorer(network: self, userCount: userCount, itemCount: itemCount)
        }
        return LogisticFoldIn(
            factors, behaviors: HistoryWeights(behavior: target), negatives: config.train.negatives,
            regularization: config.regularization)
    }

    public func factors() -> FactorScorer? {
        let rank = users.width - 1
        func split(_ table: EmbeddingTable) -> (factors: [Float], bias: [Float]) {
            let values = table.values
            let rows = stride(from: 0, to: values.count, by: rank + 1)
            return (rows.flatMap { values[$0..<$0 + rank] }, rows.map { values[$0 + rank] })
        }
        let (q, bias) = split(items)
        return FactorScorer(rank: rank, userFactors: split(users).factors, itemFactors: q, itemBias: bias)
    }
}

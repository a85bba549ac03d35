public import MarqueeRuntime
public import MarqueeTensor

/// Logistic regression: logit = b + Σ over fields f of w_f[id] + w · signals. What of a person it knows is what signals
/// count.
public struct LogisticRegression: ClickNetwork {
    public struct Config: ClickConfig {
        public var inputs = ClickInputs()
        public var objective = ClickObjective()
        public var regularization: Float = 1e-3
        public var train = TrainingConfig.clicks

        public init() {}

        public static var tiny: Config { Config { $0.train.makeTiny() } }
        public var problem: String? { clickProblem }
    }

    public static let kind = "logistic-regression"
    let terms: LinearTerms

    public init(_ config: Config, _ sizes: ClickSizes, stream: RandomStream) {
        var stream = stream
        terms = LinearTerms(sizes, stream: &stream)
    }

    public var penalized: EmbeddingTable? { terms.item }

    public func logits(_ batch: ClickBatch, _ tape: Tape) -> Tensor { terms(batch, tape) }
}

public import MarqueeRuntime
public import MarqueeTensor

/// Neural matrix factorisation: logit(u, i) = w · [p_u ∘ q_i ‖ MLP([p'_u ‖ q'_i])] + b, each half with
/// embeddings of its own (He et al., WWW 2017, §3.4).
///
/// With `pretrain` both halves are first trained alone, as ``GMF`` and ``MLP``; their output weights
/// are then joined as [α · w_GMF ‖ (1 - α) · w_MLP] (§3.4.1).
public struct NeuMF: PairNetwork {
    public struct Config: PairNetworkConfig {
        /// Width of the GMF embeddings.
        public var factors = 8
        /// Widths of the MLP half, from its concatenated embeddings on.
        public var layers = [64, 32, 16, 8]
        /// Standard deviation of the embeddings at the start.
        public var deviation: Float = 0.01
        /// λ of λ/2 · |row|² for the four embeddings of a pair, once for every instance it occurs in.
        public var regularization: Float = 0
        public var pretrain = true
        /// α, the share of GMF in the joined output.
        public var share: Float = 0.5
        /// How the halves are trained alone.
        public var pretraining = TrainingConfig { $0.epochs = 20; $0.patience = 3 }
        /// How the whole is trained.
        public var train = TrainingConfig { $0.epochs = 20; $0.patience = 3 }

        public init() {}

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if !(0...1).contains(share) { return "share must lie in 0...1" }
            return MLP.Tower.problem(layers) ?? pretraining.problem ?? train.problem
        }
    }

    public static let kind = "neumf"
    let gmfUsers, gmfItems, mlpUsers, mlpItems: EmbeddingTable
    let tower: MLP.Tower
    let output: Linear
    let regularization: Float

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        var stream = stream
        let gmf = GMF(config.gmf, users: users, items: items, stream: RandomStream(key: stream.next()))
        let mlp = MLP(config.mlp, users: users, items: items, stream: RandomStream(key: stream.next()))
        let output = Linear(config.factors + (config.layers.last ?? 0), 1, stream: &stream)
        self.init(gmf: gmf, mlp: mlp, output: output)
    }

    /// The two halves, with their embeddings and regularisation, under one output.
    private init(gmf: GMF, mlp: MLP, output: Linear) {
        regularization = gmf.regularization
        (gmfUsers, gmfItems) = (gmf.users, gmf.items)
        (mlpUsers, mlpItems) = (mlp.users, mlp.items)
        tower = mlp.tower
        self.output = output
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let p = tape.gather(gmfUsers[batch.users])
        let q = tape.gather(gmfItems[batch.items])
        let x = tape.concat(mlpUsers[batch.users], mlpItems[batch.items])
        tape.squaredNorm(p, weight: regularization)
        tape.squaredNorm(q, weight: regularization)
        tape.squaredNorm(x, weight: regularization)
        return output(tape.concat(tape.multiply(p, q), tower(x, tape)), tape)
    }

    public static func pretrained(_ config: Config, on data: TrainingSet, in context: FitContext) throws -> NeuMF? {
        guard config.pretrain else { return nil }
        let gmf = try PairModel<GMF>.fit(config.gmf, to: data, in: context.part("gmf")).network
        let mlp = try PairModel<MLP>.fit(config.mlp, to: data, in: context.part("mlp")).network
        var stream = RandomStream(seed: context.seed, "parameters")
        let output = Linear(config.factors + (config.layers.last ?? 0), 1, stream: &stream)
        output.weight.values =
            gmf.output.weight.values.map { config.share * $0 } + mlp.output.weight.values.map { (1 - config.share) * $0 }
        output.bias.values = zip(gmf.output.bias.values, mlp.output.bias.values).map {
            config.share * $0 + (1 - config.share) * $1
        }
        return NeuMF(gmf: gmf, mlp: mlp, output: output)
    }
}

extension NeuMF.Config {
    fileprivate var gmf: GMF.Config {
        var gmf = GMF.Config()
        (gmf.factors, gmf.deviation, gmf.train) = (factors, deviation, pretraining)
        gmf.regularization = regularization
        return gmf
    }

    fileprivate var mlp: MLP.Config {
        var mlp = MLP.Config()
        (mlp.layers, mlp.deviation, mlp.train) = (layers, deviation, pretraining)
        mlp.regularization = regularization
        return mlp
    }
}

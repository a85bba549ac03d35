public import MarqueeRuntime
public import MarqueeTensor

/// Neural matrix factorization: logit(u, i) = w · [p_u ∘ q_i ‖ MLP([p'_u ‖ q'_i])] + b, each half with
/// embeddings of its own (He et al., WWW 2017, §3.4).
///
/// One output over both halves is the sum of an output over each, so this is ``GMF`` plus ``MLP``. With
/// `pretrain` both are first trained alone; their output weights are then joined as
/// [α · w_GMF ‖ (1 - α) · w_MLP] (§3.4.1).
public struct NeuMF: PairNetwork {
    public struct Config: NetworkConfig {
        /// Width of the GMF embeddings.
        public var factors = 8
        /// Widths of the MLP half, from its concatenated embeddings on.
        public var layers = [64, 32, 16, 8]
        /// Standard deviation of the embeddings at the start.
        public var deviation: Float = 0.01
        /// λ of the halves' regularization.
        public var regularization: Float = 0
        public var pretrain = true
        /// α, the share of GMF in the joined output.
        public var share: Float = 0.5
        /// How the halves are trained alone.
        public var pretraining = TrainingConfig {
            $0.epochs = 20
            $0.patience = 3
        }
        /// How the whole is trained.
        public var train = TrainingConfig {
            $0.epochs = 20
            $0.patience = 3
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.layers, $0.deviation) = ([8, 16], 0.5)
                $0.pretraining.makeTiny(epochs: 30)
                ($0.train.epochs, $0.train.batch) = (5, 32)
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if !(0...1).contains(share) { return "share must lie in 0...1" }
            return MLP.Tower.problem(layers) ?? pretraining.problem ?? train.problem
        }
    }

    public static let kind = "neumf"
    let gmf: GMF
    let mlp: MLP

    public init(_ config: Config, users: Int, items: Int, stream: RandomStream) {
        var stream = stream
        gmf = GMF(config.gmf, users: users, items: items, stream: RandomStream(key: stream.next()))
        mlp = MLP(config.mlp, users: users, items: items, stream: RandomStream(key: stream.next()))
    }

    private init(gmf: GMF, mlp: MLP) {
        self.gmf = gmf
        self.mlp = mlp
    }

    public func logits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        tape.add(gmf.logits(batch, tape), mlp.logits(batch, tape))
    }

    public static func pretrained(_ config: Config, on data: TrainingSet, in context: FitContext) throws -> NeuMF? {
        guard config.pretrain else { return nil }
        let gmf = try PairModel<GMF>.fit(config.gmf, to: data, in: context.part("gmf")).network
        let mlp = try PairModel<MLP>.fit(config.mlp, to: data, in: context.part("mlp")).network
        for parameter in [gmf.weight, gmf.bias] { parameter.scale(by: config.share) }
        for parameter in [mlp.output.weight, mlp.output.bias] { parameter.scale(by: 1 - config.share) }
        return NeuMF(gmf: gmf, mlp: mlp)
    }
}

extension Parameter {
    fileprivate func scale(by factor: Float) { values = values.map { factor * $0 } }
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

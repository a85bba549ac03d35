internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// A trained ``GraphNetwork`` as a recommender. What is kept are the final embeddings: scoring needs
/// neither graph nor layers.
public struct GraphModel<Network: GraphNetwork>: FactorRecommender {
    public static var kind: String { Network.kind }
    public let config: Network.Config
    public let factors: FactorScorer

    public init(config: Network.Config, factors: FactorScorer) {
        self.config = config
        self.factors = factors
    }

    public static func fit(_ config: Network.Config, to data: TrainingSet, in context: FitContext) throws -> Self {
        let network = Network(
            config, data: data, pool: context.pool, stream: RandomStream(seed: context.seed, "parameters"))
        let trainer = PairTrainer(
            network: network, training: config.train, data: data, context: context, positives: network.positives)
        try trainer.run()
        guard let factors = network.factors() else {
            throw ModelError.unfit(model: kind, reason: "it has no users or no items")
        }
        return Self(config: config, factors: factors)
    }
}

internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// A trained ``GraphNetwork`` as a recommender. What is kept are the final embeddings: scoring needs
/// neither graph nor layers.
public struct GraphModel<Network: GraphNetwork>: FactorRecommender, BehaviorExplaining {
    public static var kind: String { Network.kind }
    public let config: Network.Config
    public let factors: FactorScorer
    public let behaviorWeights: [Float]

    public init(config: Network.Config, factors: FactorScorer) {
        self.init(config: config, factors: factors, behaviorWeights: [])
    }

    init(config: Network.Config, factors: FactorScorer, behaviorWeights: [Float]) {
        self.config = config
        self.factors = factors
        self.behaviorWeights = behaviorWeights
    }

    public static func fit(_ config: Network.Config, to data: TrainingSet, in context: FitContext) throws -> Self {
        let network = try Network(
            config, data: data, pool: context.pool, stream: RandomStream(seed: context.seed, "parameters"))
        let trainer = PairTrainer(
            network: network, training: config.train, data: data, context: context, positives: network.positives)
        try trainer.run()
        guard let factors = network.factors() else {
            throw ModelError.unfit(model: kind, reason: "it has no users or no items")
        }
        return Self(config: config, factors: factors, behaviorWeights: network.behaviorWeights)
    }

    private static var weightsName: String { "behaviors.weights" }

    public init(config: Network.Config, from artifact: borrowing Artifact) throws {
        let weights = artifact.tensors[Self.weightsName] == nil
            ? [] : try artifact.floats(Self.weightsName, shape: artifact.shape(Self.weightsName, rank: 1))
        self.init(config: config, factors: try FactorScorer(from: artifact), behaviorWeights: weights)
    }

    public func save(to artifact: inout Artifact) throws {
        factors.save(to: &artifact)
        if !behaviorWeights.isEmpty { artifact.store(behaviorWeights, Self.weightsName, shape: [behaviorWeights.count]) }
    }
}

internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// A trained ``GraphNetwork`` as a recommender. What is kept are the final embeddings and the head that scores
/// pairs of them, where there is one: scoring needs neither graph nor layers.
public struct GraphModel<Network: GraphNetwork>: FactorRecommender, BehaviorExplaining {
    public static var kind: String { Network.kind }
    public let config: Network.Config
    public let factors: FactorScorer
    public let behaviorWeights: [Float]
    private let pairs: PairScorer<EmbeddedPairs>?

    public init(config: Network.Config, factors: FactorScorer) {
        self.init(config: config, factors: factors, head: nil, behaviorWeights: [])
    }

    init(config: Network.Config, factors: FactorScorer, head: PairHead?, behaviorWeights: [Float]) {
        self.config = config
        self.factors = factors
        self.behaviorWeights = behaviorWeights
        pairs = head.map { EmbeddedPairs(factors, $0).scorer() }
    }

    public static func fit(_ config: Network.Config, to data: TrainingSet, in context: FitContext) throws -> Self {
        let network = try Network(
            config, data: data, pool: context.pool, stream: RandomStream(seed: context.seed, "parameters"))
        try network.train(config, on: data, positives: network.positives, in: context)
        guard let factors = network.factors() else {
            throw ModelError.unfit(model: kind, reason: "it has no users or no items")
        }
        return Self(config: config, factors: factors, head: network.head, behaviorWeights: network.behaviorWeights)
    }

    public var scoresTiles: Bool { pairs == nil }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        if let pairs { return pairs.score(users: users, items: items, into: &scores) }
        factors.score(users: users, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        if let pairs { return pairs.score(user: user, candidates: candidates, into: &scores) }
        factors.score(user: user, candidates: candidates, into: &scores)
    }

    private static var weightsName: String { "behaviors.weights" }
    private static var headPrefix: String { "head." }

    public init(config: Network.Config, from artifact: borrowing Artifact) throws {
        let weights =
            artifact.tensors[Self.weightsName] == nil
            ? [] : try artifact.floats(Self.weightsName, shape: artifact.shape(Self.weightsName, rank: 1))
        let factors = try FactorScorer(from: artifact)
        var head: PairHead?
        if config.score == .mlp {
            var stream = RandomStream(key: 0)
            let restored = PairHead(width: factors.rank, stream: &stream)
            let own = artifact.tensors.filter { $0.key.hasPrefix(Self.headPrefix) }
            do {
                try ModuleParameters(of: restored).restore(
                    Dictionary(
                        uniqueKeysWithValues: own.map { (String($0.key.dropFirst(Self.headPrefix.count)), $0.value) }))
            } catch { throw ModelError.badArtifact(path: Self.kind, reason: "\(error)") }
            head = restored
        }
        self.init(config: config, factors: factors, head: head, behaviorWeights: weights)
    }

    public func save(to artifact: inout Artifact) throws {
        factors.save(to: &artifact)
        if !behaviorWeights.isEmpty {
            artifact.store(behaviorWeights, Self.weightsName, shape: [behaviorWeights.count])
        }
        guard let head = pairs?.network.head else { return }
        for (name, tensor) in ModuleParameters(of: head).tensors() { artifact.tensors[Self.headPrefix + name] = tensor }
    }
}

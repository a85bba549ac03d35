internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// A trained ``PairNetwork`` as a recommender.
public struct PairModel<Network: PairNetwork>: Recommender {
    public static var kind: String { Network.kind }
    public let config: Network.Config
    public let network: Network
    /// The behavior that is predicted, as histories call it.
    private let target: Int
    private let scorer: any Scorer

    public var userCount: Int { scorer.userCount }
    public var itemCount: Int { scorer.itemCount }

    public static func scoresHistories(_ config: Network.Config) -> Bool { Network.scoresHistories(config) }
    public var historyScorer: (any HistoryScorer)? { scorer as? any HistoryScorer }

    /// Where the logit is a product of factors.
    public var itemSimilarity: (any ItemSimilarity)? { network.factors() }

    init(config: Network.Config, network: Network, userCount: Int, itemCount: Int, target: Int) {
        self.config = config
        self.network = network
        self.target = target
        scorer = network.scorer(userCount: userCount, itemCount: itemCount, target: target)
    }

    public static func fit(_ config: Network.Config, to data: TrainingSet, in context: FitContext) throws -> Self {
        let network =
            try Network.pretrained(config, on: data, in: context)
            ?? Network(
                config, users: data.userCount, items: data.itemCount,
                stream: RandomStream(seed: context.seed, "parameters"))
        try network.train(config, on: data, in: context)
        return Self(
            config: config, network: network, userCount: data.userCount, itemCount: data.itemCount, target: data.target)
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        scorer.score(users: users, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        scorer.score(user: user, candidates: candidates, into: &scores)
    }

    public init(config: Network.Config, from artifact: borrowing Artifact) throws {
        let users = try artifact.count("users")
        let items = try artifact.count("items")
        let network = Network(config, users: users, items: items, stream: RandomStream(key: 0))
        do { try ModuleParameters(of: network).restore(artifact.tensors) } catch {
            throw ModelError.badArtifact(path: Self.kind, reason: "\(error)")
        }
        self.init(config: config, network: network, userCount: users, itemCount: items, target: try artifact.target())
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.tensors = ModuleParameters(of: network).tensors()
        artifact.store(count: userCount, "users")
        artifact.store(count: itemCount, "items")
        artifact.store(count: target, "target")
    }
}

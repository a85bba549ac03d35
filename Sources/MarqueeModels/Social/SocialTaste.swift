internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// What friends add to what a person did: attention over the lasting and the recent tastes of those whom they are tied to,
/// beside what counting knows (``FriendAttention``).
///
/// What is counted, EASEᴿ without the person, walks and popularity, is the input that friends have to add to: without ties
/// the model is that and the person's own taste, the row to hold it against. Ties are followed both ways.
public struct SocialTaste: Recommender, HistoryScorer {
    public struct Config: NetworkConfig {
        /// Whether friends are looked at.
        public var ties = true
        /// Width of the embeddings.
        public var factors = 32
        /// How many friends are attended to; in training others are drawn each time.
        public var attended = 12
        /// How many items make up a recent taste.
        public var recent = 8
        /// λ of EASEᴿ; nil leaves it out. It takes 4 bytes · items².
        public var ease: Float?
        /// How many nodes each item is reached from by walks.
        public var neighbors = 200
        /// Width of the layer over what is counted; 0 for a linear function.
        public var hidden = 32
        /// At most so many of a person's interactions are learned from, drawn at random.
        public var positives = 15
        public var train = TrainingConfig.evidence

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.neighbors, $0.ease, $0.factors, $0.hidden, $0.attended) = (8, 1, 4, 4, 2)
                ($0.train.epochs, $0.train.batch, $0.train.negatives, $0.train.rate) = (30, 64, 3, 0.01)
            }
        }

        public var problem: String? {
            if factors < 1 || attended < 2 || recent < 1 || neighbors < 1 || positives < 1 {
                return "factors, recent, neighbors and positives must be at least 1, attended at least 2"
            }
            if hidden < 0 { return "hidden must not be negative" }
            if !((ease ?? 1) > 0) { return "ease must be positive" }
            if train.loss != .softmax { return "train.loss must be softmax" }
            return train.problem
        }
    }

    public static let kind = "social-taste"
    public let config: Config
    private let scorer: EvidenceScorer<FriendAttention>

    public var userCount: Int { scorer.userCount }
    public var itemCount: Int { scorer.itemCount }

    private static let paths = [try? MetaPath("user-item-user-item")].compactMap { $0 }

    private init(config: Config, network: FriendAttention, target: Int) {
        self.config = config
        scorer = EvidenceScorer(network: network, target: target)
    }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> SocialTaste {
        let evidence = try TransferEvidence(
            data, paths: paths, neighbors: config.neighbors, ease: config.ease,
            ridge: nil, transfers: false, model: kind, pool: context.pool)
        let ties = data.tieMatrix
        let histories = UserHistories(data.log)
        let recent = (0..<Int32(data.userCount)).map { user in
            Array(histories[user].filter { Int($0.behavior) == data.target }.suffix(config.recent).map(\.item))
        }
        let network = FriendAttention(
            config, evidence: evidence, friends: ties.joined(ties.transposed()), recent: recent,
            stream: RandomStream(seed: context.seed, "parameters"))
        let model = SocialTaste(config: config, network: network, target: data.target)
        try Trainer(
            kind, EvidenceSteps(network, .init(positives: config.positives), config.train, seed: context.seed), config,
            on: data, validation: data.validation?.figure(pool: context.pool) { model }, in: context
        ).run()
        return model
    }

    /// Only without ties, which are a known user's.
    public static func scoresHistories(_ config: Config) -> Bool { !config.ties }
    public var historyScorer: (any HistoryScorer)? { config.ties ? nil : self }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        scorer.score(users: users, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        scorer.score(user: user, candidates: candidates, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        scorer.score(queries, items: items, into: &scores)
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        scorer.score(query, candidates: candidates, into: &scores)
    }
}

extension SocialTaste {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let evidence = try TransferEvidence(
            paths: Self.paths, ease: config.ease != nil, ridge: false, transfers: false,
            from: artifact.part("evidence."))
        let friends = try artifact.matrix("friends")
        let recent = try artifact.histories("recent", itemCount: evidence.itemCount, behaviorCount: 1)
        guard friends.rowCount == evidence.userCount, friends.columnCount == evidence.userCount,
            recent.userCount == evidence.userCount
        else { throw ModelError.badArtifact(path: "friends", reason: "users of ties and histories differ") }
        let network = FriendAttention(
            config, evidence: evidence, friends: friends,
            recent: (0..<Int32(recent.userCount)).map { Array(recent[$0].items) }, stream: RandomStream(key: 0))
        do { try ModuleParameters(of: network).restore(artifact.tensors) } catch {
            throw ModelError.badArtifact(path: Self.kind, reason: "\(error)")
        }
        self.init(
            config: config, network: network, target: try artifact.target())
    }

    public func save(to artifact: inout Artifact) throws {
        let network = scorer.network
        artifact.tensors = ModuleParameters(of: network).tensors()
        artifact.store(count: scorer.target, "target")
        artifact.store(network.friends, "friends")
        var offsets = [0]
        for items in network.recent { offsets.append(offsets[offsets.count - 1] + items.count) }
        artifact.store(UserHistories(offsets: offsets, items: network.recent.flatMap { $0 }), "recent")
        var part = Artifact()
        network.evidence.save(to: &part)
        artifact.insert(part, prefix: "evidence.")
    }
}

public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeTensor

/// MUMA in two stages: its encoder retrieves the best of all items, then ``StateDIN`` ranks them with what the encoder does
/// not read: the context, categories, dwell, and what is counted.
///
///     score(c) = 1 + p(c) for the `candidates` best of the encoder; of the others ½ (1 + z / (1 + |z|)), z the encoder's
///
/// so that what is ranked stands above what is not, which keeps the encoder's order. The ranker begins with the encoder's
/// parameters. Scoring costs the encoder's product with all items, and a pass of the ranker over some hundred.
public struct MUMARanker: Recommender, ImpressionObserving {
    public static let kind = "muma-ranker"
    public let config: StateDIN.Config
    /// The stages.
    public let retrieval: SequenceModel<MUMAEncoder>
    public private(set) var ranking: ClickModel<StateDIN>

    public var userCount: Int { retrieval.userCount }
    public var itemCount: Int { retrieval.itemCount }

    public static func fit(_ config: StateDIN.Config, to data: TrainingSet, in context: FitContext) throws -> MUMARanker
    {
        let retrieval = try SequenceModel<MUMAEncoder>.fit(config.encoder, to: data, in: context.part("retrieval"))
        let ranking = try ClickModel<StateDIN>.fit(config, to: data, in: context) { network in
            try ModuleParameters(of: network.encoder).restore(ModuleParameters(of: retrieval.network).tensors())
        }
        return MUMARanker(config: config, retrieval: retrieval, ranking: ranking)
    }

    private init(config: StateDIN.Config, retrieval: SequenceModel<MUMAEncoder>, ranking: ClickModel<StateDIN>) {
        (self.config, self.retrieval, self.ranking) = (config, retrieval, ranking)
    }

    public func observing(_ log: ImpressionLog) -> MUMARanker {
        MUMARanker(config: config, retrieval: retrieval, ranking: ranking.observing(log))
    }

    // MARK: Scores

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() {
            let all = staged(retrieval.scores(user: user)) { ranking.scores(user: user, candidates: $0) }
            for (j, item) in items.enumerated() { scores[k * items.count + j] = all[item] }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        let all = staged(retrieval.scores(user: user)) { ranking.scores(user: user, candidates: $0) }
        for (k, item) in candidates.enumerated() { scores[k] = all[Int(item)] }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, query) in queries.enumerated() {
            let all = self.all(query)
            for (j, item) in items.enumerated() { scores[k * items.count + j] = all[item] }
        }
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        let all = self.all(query)
        for (k, item) in candidates.enumerated() { scores[k] = all[Int(item)] }
    }

    private func all(_ query: Query) -> [Float] {
        var query = query
        query.candidates = nil
        return staged(retrieval.scores(query)) { candidates in
            query.candidates = candidates
            return ranking.scores(query)
        }
    }

    /// The encoder's scores of all items, the best ranked anew. O(items + candidates log items).
    private func staged(_ retrieved: [Float], rank: ([Int32]) -> [Float]) -> [Float] {
        let best = retrieved.indices.sorted { (retrieved[$1], $0) < (retrieved[$0], $1) }.prefix(config.candidates)
        let candidates = best.sorted().map { Int32($0) }
        var scores = retrieved.map { (1 + $0 / (1 + abs($0))) / 2 }
        for (item, score) in zip(candidates, rank(candidates)) { scores[Int(item)] = 1 + score }
        return scores
    }

    // MARK: Files

    public init(config: StateDIN.Config, from artifact: borrowing Artifact) throws {
        let retrieval = try SequenceModel<MUMAEncoder>(config: config.encoder, from: artifact.part("retrieval."))
        let ranking = try ClickModel<StateDIN>(config: config, from: artifact.part("ranking."))
        guard retrieval.userCount == ranking.userCount, retrieval.itemCount == ranking.itemCount else {
            throw ModelError.badArtifact(path: Self.kind, reason: "its stages are of other users or items")
        }
        self.init(config: config, retrieval: retrieval, ranking: ranking)
    }

    public func save(to artifact: inout Artifact) throws {
        for (name, stage) in [("retrieval", retrieval), ("ranking", ranking)] as [(String, any Recommender)] {
            var part = Artifact()
            try stage.save(to: &part)
            artifact.insert(part, prefix: "\(name).")
        }
    }
}

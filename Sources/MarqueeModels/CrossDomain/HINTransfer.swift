internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// HIN transfer: what is known of a person in one domain, carried to another over a heterogeneous information network.
///
/// Users, items, categories, domains and whatever facts link are nodes; meta-paths, which the configuration lists, say how
/// walks go. What is counted along them, and by linear models that leave the person out (``TransferEvidence``), is
/// the input; attention along and over paths embeds people (``TransferNetwork``). A person has a part that their own domain
/// tells and a shared one that others tell, which a gate of the person's own lets in, or not: letting in costs
/// (`gate-cost`), so that a gate through which nothing useful comes is shut.
///
/// Where there is one domain, or `transfer: false`, the own part is the model: meta-paths within a domain.
public struct HINTransfer: Recommender, HistoryScorer {
    public struct Config: NetworkConfig {
        /// Such as `user-item-user-item`, `user-item-director-item`, `user-user-item`.
        public var metaPaths: [MetaPath] = [try? MetaPath("user-item-user-item")].compactMap { $0 }
        /// How many nodes each item is reached from, a path.
        public var neighbors = 200
        /// λ of EASEᴿ within each domain; nil leaves it out. It takes 4 bytes · items².
        public var ease: Float?
        /// λ of the ridge regression between domains; nil leaves it out. It takes 4 bytes · people in both².
        public var ridge: Float? = 200
        /// Whether other domains are looked at.
        public var transfer = true
        /// Whether each person has a gate; without it transfer is let in whole.
        public var gate = true
        /// λ of λ/2 · g².
        public var gateCost: Float = 0.01
        /// Width of the embeddings; 0 for none.
        public var factors = 16
        /// How many neighbors a path are attended to.
        public var attended = 8
        /// Width of the layer over the evidence; 0 for a linear function.
        public var hidden = 32
        /// The share of training questions in which all that the person did in the item's domain is hidden: how those are
        /// learned for who are new there.
        public var cold: Float = 0.3
        /// Whether only people who are known in several domains are learned from.
        public var sharedOnly = false
        /// At most so many of a person's interactions are learned from, drawn at random.
        public var positives = 10
        public var train = TrainingConfig.evidence

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.neighbors, $0.ease, $0.factors, $0.hidden) = (8, 1, 4, 4)
                ($0.train.epochs, $0.train.batch, $0.train.negatives, $0.train.rate) = (30, 64, 3, 0.01)
            }
        }

        public var problem: String? {
            if metaPaths.isEmpty { return "meta-paths must list at least one, such as user-item-user-item" }
            if Set(metaPaths).count < metaPaths.count { return "a meta-path stands twice" }
            if neighbors < 1 || attended < 1 || positives < 1 {
                return "neighbors, attended and positives must be at least 1"
            }
            if factors < 0 || hidden < 0 { return "factors and hidden must not be negative" }
            if !((ease ?? 1) > 0 && (ridge ?? 1) > 0) { return "ease and ridge must be positive" }
            if !(0...1).contains(cold) { return "cold must lie in 0...1" }
            if !(gateCost >= 0) { return "gate-cost must not be negative" }
            if train.loss != .softmax { return "train.loss must be softmax" }
            return train.problem
        }
    }

    public static let kind = "hin-transfer"
    public let config: Config
    private let scorer: EvidenceScorer<TransferNetwork>

    var network: TransferNetwork { scorer.network }
    public var userCount: Int { scorer.userCount }
    public var itemCount: Int { scorer.itemCount }

    private init(config: Config, network: TransferNetwork, target: Int) {
        self.config = config
        scorer = EvidenceScorer(network: network, target: target)
    }

    /// - Throws: ``ModelError`` for a meta-path with a step that nothing links, or a domain without interactions.
    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> HINTransfer {
        if data.domains.names.count > 1 {
            var isKnown = [Bool](repeating: false, count: data.domains.names.count)
            for item in data.interactions.columns { isKnown[Int(data.domains.indices[Int(item)])] = true }
            if let empty = isKnown.firstIndex(of: false) {
                throw ModelError.unfit(
                    model: kind,
                    reason: "nothing happened in domain '\(data.domains.names[empty])'; leave it out of the data")
            }
        }
        let evidence = try TransferEvidence(
            data, paths: config.metaPaths, neighbors: config.neighbors, ease: config.ease, ridge: config.ridge,
            transfers: config.transfer, model: kind, pool: context.pool)
        let network = TransferNetwork(
            config, evidence: evidence, stream: RandomStream(seed: context.seed, "parameters"))
        let model = HINTransfer(config: config, network: network, target: data.target)
        try Trainer(
            kind,
            EvidenceSteps(
                network,
                .init(
                    positives: config.positives, cold: config.cold, sharedOnly: config.sharedOnly,
                    gateCost: config.gateCost), config.train, seed: context.seed), config, on: data,
            validation: data.validation?.figure(pool: context.pool) { model }, in: context
        ).run()
        return model
    }

    /// Only where every path begins at what somebody did: ties and attributes are a known user's.
    public static func scoresHistories(_ config: Config) -> Bool { config.metaPaths.allSatisfy(\.readsHistory) }
    public var historyScorer: (any HistoryScorer)? { Self.scoresHistories(config) ? self : nil }

    // MARK: Scores

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

    /// How far each domain's gate is open for a user: g, by domain; 1 without gates, 0 where nothing is transferred.
    public func gates(user: Int32) -> [Float] {
        let evidence = network.evidence
        return evidence.views.indices.map { domain in
            guard network.transfer != nil else { return 0 }
            var gate: Float = 1
            let items = Array(evidence.views[domain].items.prefix(1))
            let answer = evidence.answer(scorer.question(user), domain: domain, candidates: items, nearest: 0)
            scorer.tapes.withTape { tape in
                tape.begin(batchCount: 1, training: false)
                if let gates = network.gates([answer], tape) { gate = gates[0] }
            }
            return gate
        }
    }
}

// MARK: Files

extension HINTransfer {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let evidence = try TransferEvidence(
            paths: config.metaPaths, ease: config.ease != nil, ridge: config.ridge != nil, transfers: config.transfer,
            from: artifact.part("evidence."))
        let network = TransferNetwork(config, evidence: evidence, stream: RandomStream(key: 0))
        do { try ModuleParameters(of: network).restore(artifact.tensors) } catch {
            throw ModelError.badArtifact(path: Self.kind, reason: "\(error)")
        }
        self.init(
            config: config, network: network, target: try artifact.target())
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.tensors = ModuleParameters(of: network).tensors()
        artifact.store(count: scorer.target, "target")
        var part = Artifact()
        network.evidence.save(to: &part)
        artifact.insert(part, prefix: "evidence.")
    }
}

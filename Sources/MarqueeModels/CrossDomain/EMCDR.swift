internal import COpenBLAS
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// EMCDR, embedding and mapping (Man, Shen, Jin and Cheng, "Cross-Domain Recommendation: An Embedding and Mapping
/// Approach", IJCAI 2017): factors of each domain, and a map from one domain's people to the other's.
///
/// Each domain is factorized by itself, here by BPR. Over people who are known in the target and elsewhere,
/// M = argmin Σ_u ‖M [s_u ‖ 1] − t_u‖² + λ‖M‖², the paper's linear map, in closed form: s_u are the person's factors in all
/// other domains side by side, t_u those of the target. Whoever is new to a domain is given M [s_u ‖ 1] there; who is known in
/// no domain has no factors, and items are ranked by their bias.
public struct EMCDR: Recommender {
    public struct Config: NetworkConfig {
        /// Width of each domain's factors.
        public var factors = 64
        /// λ of the factorization, once for every pair that a user or an item occurs in.
        public var regularization: Float = 0.01
        /// λ of the map.
        public var mapRegularization: Float = 1
        public var train = BPR.Config().train

        public init() {}

        public static var tiny: Config {
            Config {
                $0.factors = 8
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if regularization < 0 { return "regularization must not be negative" }
            if !(mapRegularization > 0) { return "map-regularization must be positive" }
            if train.loss != .bpr { return "train.loss must be bpr" }
            return train.problem
        }
    }

    public static let kind = "emcdr"
    public let config: Config
    public let userCount: Int
    public let itemCount: Int
    let views: [DomainView]
    /// By domain, mapped factors in the place of those that people lack.
    let factors: [FactorScorer]

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> EMCDR {
        let views = DomainView.all(of: data)
        let bpr = BPR.Config {
            ($0.factors, $0.regularization, $0.train) = (config.factors, config.regularization, config.train)
        }
        var factors = try views.enumerated().map { index, view in
            let own = views.count == 1 ? data : view.restricted(data)
            let model = try PairModel<BPR>.fit(bpr, to: own, in: context.part("domain-\(index)"))
            return model.network.factors() ?? FactorScorer(rank: 1, userFactors: [], itemFactors: [])
        }
        if views.count > 1 {
            let known = views.map { view in
                let own = view.restricted(data.interactions)
                return (0..<Int32(data.userCount)).map { !own[$0].isEmpty }
            }
            let mapped = views.indices.map { target in
                map(factors, known, to: target, regularization: config.mapRegularization)
            }
            factors = mapped
        }
        return EMCDR(
            config: config, userCount: data.userCount, itemCount: data.itemCount, views: views, factors: factors)
    }

    /// The factors of a domain, with those of people who are new to it mapped from elsewhere.
    private static func map(
        _ factors: [FactorScorer], _ known: [[Bool]], to target: Int, regularization: Float
    ) -> FactorScorer {
        let sources = factors.indices.filter { $0 != target }
        let (rank, width) = (factors[target].rank, sources.reduce(1) { $0 + factors[$1].rank })
        let users = factors[target].userCount
        func row(_ user: Int) -> [Float] {
            sources.flatMap { source -> [Float] in
                let rank = factors[source].rank
                guard known[source][user] else { return Array(repeating: 0, count: rank) }
                return Array(factors[source].userFactors[user * rank..<(user + 1) * rank])
            } + [1]
        }
        func isElsewhere(_ user: Int) -> Bool { sources.contains { known[$0][user] } }
        let learned = (0..<users).filter { known[target][$0] && isElsewhere($0) }
        let s = learned.flatMap(row)
        let t = learned.flatMap { factors[target].userFactors[$0 * rank..<($0 + 1) * rank] }
        var gram = [Float](repeating: 0, count: width * width)
        var right = [Float](repeating: 0, count: width * rank)
        for (k, _) in learned.enumerated() {
            for i in 0..<width {
                let value = s[k * width + i]
                if value == 0 { continue }
                for j in 0..<width { gram[i * width + j] += value * s[k * width + j] }
                for f in 0..<rank { right[f * width + i] += value * t[k * rank + f] }
            }
        }
        for i in 0..<width { gram[i * width + i] += regularization }
        BLAS.prepare()
        var (n, columns, info) = (Int32(width), Int32(rank), Int32(0))
        spotrf_("L", &n, &gram, &n, &info)
        if info == 0 { spotrs_("L", &n, &columns, &gram, &n, &right, &n, &info) }
        var userFactors = factors[target].userFactors
        for user in 0..<users where !known[target][user] {
            let x = row(user)
            for f in 0..<rank {
                userFactors[user * rank + f] =
                    isElsewhere(user) && info == 0 ? (0..<width).reduce(0) { $0 + x[$1] * right[f * width + $1] } : 0
            }
        }
        return FactorScorer(
            rank: rank, userFactors: userFactors, itemFactors: factors[target].itemFactors,
            itemBias: factors[target].itemBias)
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() {
            for (view, factors) in zip(views, factors) {
                view.scatter(factors.scores(user: user), items: items, into: &scores, at: k * items.count)
            }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (view, factors) in zip(views, factors) {
            view.score(candidates, into: &scores) { factors.scores(user: user, candidates: $0) }
        }
    }
}

extension EMCDR {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let (users, items) = (try artifact.count("users"), try artifact.count("items"))
        var (views, factors) = ([DomainView](), [FactorScorer]())
        for k in 0..<(try artifact.count("domains")) {
            let view = try DomainView(from: artifact, "domain.\(k)", itemCount: items)
            let scorer = try FactorScorer(from: artifact.part("domain.\(k)."))
            guard scorer.userCount == users, scorer.itemCount == view.items.count
            else { throw ModelError.badArtifact(path: "domain.\(k)", reason: "items and factors disagree") }
            views.append(view)
            factors.append(scorer)
        }
        self.init(config: config, userCount: users, itemCount: items, views: views, factors: factors)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(count: userCount, "users")
        artifact.store(count: itemCount, "items")
        artifact.store(count: views.count, "domains")
        for (k, (view, scorer)) in zip(views, factors).enumerated() {
            var part = Artifact()
            scorer.save(to: &part)
            artifact.insert(part, prefix: "domain.\(k).")
            view.store(in: &artifact, "domain.\(k)")
        }
    }
}

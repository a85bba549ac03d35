internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// A model of each domain alone: one fit a domain, to its own items and all users, that neither sees nor scores the
/// others'. The row that transfer has to be held against.
///
/// Scores of different domains are not comparable. Where no domain is known it is the model itself.
public struct SingleDomain: Recommender {
    public struct Config: ModelConfig {
        /// What is fitted to each domain.
        public var model: ModelSpec? = try? ModelSpec("item-knn")

        public init() {}

        public static var tiny: Config { Config { $0.model = try? ModelSpec.tiny("item-knn") } }

        public var problem: String? { model == nil ? "model must name a model" : nil }
    }

    public static let kind = "single-domain"
    public let config: Config
    public let userCount: Int
    public let itemCount: Int
    let views: [DomainView]
    /// By domain.
    let members: [any Recommender]

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> SingleDomain {
        guard let spec = config.model else { throw ModelError.badConfig(model: kind, reason: "no model") }
        let views = DomainView.all(of: data)
        let members = try views.enumerated().map { index, view in
            try spec.fit(to: views.count == 1 ? data : view.restricted(data), in: context.part("domain-\(index)"))
        }
        return SingleDomain(
            config: config, userCount: data.userCount, itemCount: data.itemCount, views: views, members: members)
    }

    public static func scoresHistories(_ config: Config) -> Bool {
        (try? config.model?.scoresHistories) == true
    }

    /// Where every member has one.
    public var historyScorer: (any HistoryScorer)? {
        let scorers = members.compactMap(\.historyScorer)
        return scorers.count == members.count ? SingleDomainHistoryScorer(domains: self, members: scorers) : nil
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() {
            for (view, member) in zip(views, members) {
                view.scatter(member.scores(user: user), items: items, into: &scores, at: k * items.count)
            }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (view, member) in zip(views, members) {
            view.score(candidates, into: &scores) { member.scores(user: user, candidates: $0) }
        }
    }
}

private struct SingleDomainHistoryScorer: HistoryScorer {
    let domains: SingleDomain
    let members: [any HistoryScorer]

    var userCount: Int { domains.userCount }
    var itemCount: Int { domains.itemCount }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        domains.score(users: users, items: items, into: &scores)
    }

    func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, query) in queries.enumerated() {
            for (view, member) in zip(domains.views, members) {
                view.scatter(member.scores(view.restricted(query)), items: items, into: &scores, at: k * items.count)
            }
        }
    }
}

extension SingleDomain {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        guard let spec = config.model else { throw ModelError.badConfig(model: Self.kind, reason: "no model") }
        let (users, items) = (try artifact.count("users"), try artifact.count("items"))
        var (views, members) = ([DomainView](), [any Recommender]())
        for k in 0..<(try artifact.count("domains")) {
            let view = try DomainView(from: artifact, "domain.\(k)", itemCount: items)
            views.append(view)
            let member = try spec.load(from: artifact.part("domain.\(k).model."))
            guard member.userCount == users, member.itemCount == view.items.count else {
                throw ModelError.badArtifact(
                    path: "domain.\(k)", reason: "the model disagrees on the number of users or items")
            }
            members.append(member)
        }
        self.init(config: config, userCount: users, itemCount: items, views: views, members: members)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(count: userCount, "users")
        artifact.store(count: itemCount, "items")
        artifact.store(count: views.count, "domains")
        for (k, (view, member)) in zip(views, members).enumerated() {
            view.store(in: &artifact, "domain.\(k)")
            var part = Artifact()
            try member.save(to: &part)
            artifact.insert(part, prefix: "domain.\(k).model.")
        }
    }
}

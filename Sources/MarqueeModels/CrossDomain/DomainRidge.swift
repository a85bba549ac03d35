internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// Ridge regression from one domain to another: what people did elsewhere says what they do here.
///
/// For each domain, B = argmin ‖Y − XB‖² + λ‖B‖² over the people who are known in it (Y) and in others (X), and
/// score(u, i) = x_u B_i, with x_u what u did in the other domains: who did nothing there is told nothing. A linear
/// multi-output regression (Hoerl and Kennard, Technometrics 1970), solved by its people (``UserGram``). Where no domain is
/// known, items are predicted from what else is in the history, and of a person of the fit from others.
/// O(people³) time, people² floats a domain.
public struct DomainRidge: Recommender, HistoryScorer {
    public struct Config: ModelConfig {
        /// λ.
        public var regularization: Float = 100

        public init() {}

        public static var tiny: Config { Config { $0.regularization = 2 } }

        public var problem: String? { regularization > 0 ? nil : "regularization must be positive" }
    }

    public static let kind = "domain-ridge"
    public let config: Config
    /// Users × items.
    let history: InteractionMatrix
    let target: Int
    let domains: [DomainTransfer]

    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> DomainRidge {
        DomainRidge(
            config: config, history: data.interactions, target: data.target,
            domains: try DomainTransfer.all(
                of: data, regularization: config.regularization, model: kind, pool: context.pool))
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() { score(history[user], items, into: &scores, at: k * items.count) }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let rows = HistoryWeights(behavior: target).rows(of: queries, itemCount: itemCount)
        for k in queries.indices { score(rows[Int32(k)], items, into: &scores, at: k * items.count) }
    }

    private func score(
        _ row: ArraySlice<Int32>, _ items: Range<Int>, into scores: inout MutableSpan<Float>, at start: Int
    ) {
        for domain in domains {
            domain.view.scatter(domain.scores(row), items: items, into: &scores, at: start)
        }
    }
}

extension DomainRidge {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        self.init(
            config: config, history: history,
            target: try artifact.target(),
            domains: try DomainTransfer.all(from: artifact, itemCount: history.columnCount))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(count: target, "target")
        DomainTransfer.save(domains, to: &artifact)
    }
}

/// The regression from all other domains to one.
struct DomainTransfer: Sendable {
    let view: DomainView
    /// From everything (its rows of this domain are empty where there are others) to this domain.
    let gram: UserGram
    /// Whether there are other domains.
    let isTransfer: Bool

    /// One for each domain.
    static func all(
        of data: TrainingSet, regularization: Float, model: String, pool: WorkerPool
    ) throws -> [DomainTransfer] {
        let views = DomainView.all(of: data)
        return try views.map { view in
            let source = views.count == 1 ? data.interactions : data.interactions.without(view)
            return DomainTransfer(
                view: view,
                gram: try UserGram(
                    from: source, to: view.restricted(data.interactions), regularization: regularization, model: model,
                    pool: pool), isTransfer: views.count > 1)
        }
    }

    static func all(from artifact: borrowing Artifact, itemCount: Int) throws -> [DomainTransfer] {
        let count = try artifact.count("domains")
        return try (0..<count).map { k in
            let view = try DomainView(from: artifact, "domain.\(k)", itemCount: itemCount)
            let gram = try UserGram(from: artifact.part("domain.\(k).gram."))
            guard gram.source.columnCount == itemCount, gram.target.columnCount == view.items.count
            else { throw ModelError.badArtifact(path: "domain.\(k)", reason: "items are damaged") }
            return DomainTransfer(view: view, gram: gram, isTransfer: count > 1)
        }
    }

    static func save(_ domains: [DomainTransfer], to artifact: inout Artifact) {
        for (k, domain) in domains.enumerated() {
            domain.view.store(in: &artifact, "domain.\(k)")
            var part = Artifact()
            domain.gram.save(to: &part)
            artifact.insert(part, prefix: "domain.\(k).gram.")
        }
        artifact.store(count: domains.count, "domains")
    }

    /// Of some of the domain's items, from what a history holds elsewhere; for a person of the fit, as if they had not been
    /// in it.
    func scores(_ others: [Int32], as user: Int32?, of candidates: [Int32]) -> [Float] {
        let weights = gram.weights(of: others, as: user)
        return candidates.map { gram.score(view.indices[Int($0)], weights) }
    }

    /// Of the domain's items, from what a history holds elsewhere.
    func scores(_ row: ArraySlice<Int32>) -> [Float] {
        gram.scores(gram.weights(of: row.filter { !isTransfer || view.indices[Int($0)] < 0 }))
    }
}

extension InteractionMatrix {
    /// The same without the items of a domain.
    func without(_ view: DomainView) -> InteractionMatrix {
        choosing { _, items in items.filter { view.indices[Int($0)] < 0 } }
    }
}

public import MarqueeEvaluation
public import MarqueeRuntime

/// What models are asked and how they are judged:
/// `{ candidates: { sampled: 99 }, metrics: [HR, NDCG], at: [5, 10], slices: [user-activity] }`.
///
/// An experiment may ask its fitted models in several protocols; see ``Experiment/evaluate``.
public struct ProtocolConfig: Configuration, Equatable, Encodable {
    /// What each target is ranked against.
    public enum Candidates: Sendable, Equatable {
        /// Every item that the user has not seen.
        case full
        /// So many items that the user has not touched, drawn once: `{ sampled: 99 }`.
        case sampled(Int)
        /// Each held-out interaction by itself against so many items of training, drawn with replacement:
        /// `{ per-target: 999 }`.
        case perTarget(Int)
        /// The negatives that came with the files.
        case given
        /// The held-out items of each user among one another, by what they were rated; at least so much counts as liked:
        /// `{ rated: { liked: 3 } }`.
        case rated(Rated)
        /// What the media world offers at moments of its test days: slates are judged by the clicks that are to be expected.
        case offered
        /// What was shown in each impression: `shown`, for data of impressions, which are split by time.
        case shown
    }

    /// What is asked of ratings.
    public struct Rated: Configuration, Encodable, Equatable {
        /// Ratings of at least so much are the positives of AUC.
        public var liked: Double

        public init(liked: Double = 4) { self.liked = liked }

        public static let defaults = Rated()
    }

    /// By whom and what figures are split: `user-activity`, `domain`, `{ user-interactions: [10, 50] }`, `{ domain-interactions: [1, 5, 20] }`,
    /// `{ cold-start: 5 }`, `{ cold-start: [1, 2, 5] }`.
    public enum Slicing: Sendable, Equatable {
        /// Users by how much they did in training, above and below the median.
        case userActivity
        /// Targets by how popular they were in training.
        case itemPopularity
        /// Users by whether they did something else with the target in training.
        case auxiliary
        /// Users by how many interactions of any behavior they have in training, in bands that end and
        /// begin at these edges.
        case userInteractions(edges: [Int])
        /// Users and targets with fewer than so many target interactions in training.
        case coldStart(below: Int)
        /// Users, and targets, by how many target interactions they have, in bands.
        case coldStartBands(edges: [Int])
        /// Targets by their domain.
        case domain
        /// Users by how many target interactions they have in training in the domain of their targets, in bands.
        case domainInteractions(edges: [Int])

        /// Those of the MBH-GNN paper's Figure 5, and what lies below and above.
        public static let userInteractions = Slicing.userInteractions(edges: standardEdges)

        static let standardEdges = [10, 20, 50, 100, 200, 500]
    }

    /// What reports call the protocol where there are several; the candidates unless given.
    public var name: String?
    public var candidates: Candidates
    /// Whose items alone are targets and candidates, in data of several domains; nil for all.
    public var domain: String?
    /// Metrics by name; one that takes a cut-off and has none gets every cut-off of `at`.
    public var metrics: [String]
    public var at: [Int]
    public var slices: [Slicing]
    /// The length of the lists that are judged beyond accuracy (coverage, novelty, diversity, popularity),
    /// for at most ``listUsers`` users; 0 leaves it out.
    public var lists: Int
    /// The figure on validation data that chooses when to stop and what to keep.
    public var select: Metric

    public init(
        name: String? = nil, candidates: Candidates = .full, domain: String? = nil,
        metrics: [String] = ["HR", "NDCG"], at: [Int] = [10], slices: [Slicing] = [],
        lists: Int = 10, select: Metric = Metric(.ndcg, at: 10)
    ) {
        self.name = name
        self.candidates = candidates
        self.domain = domain
        self.metrics = metrics
        self.at = at
        self.slices = slices
        self.lists = lists
        self.select = select
    }

    /// What reports call the protocol.
    public var title: String {
        if let name { return name }
        let candidates =
            switch candidates {
            case .full: "full"
            case .sampled(let count): "sampled(\(count))"
            case .perTarget(let count): "per target(\(count))"
            case .given: "given"
            case .rated: "rated"
            case .offered: "offered"
            case .shown: "shown"
            }
        return domain.map { "\(candidates) in \($0)" } ?? candidates
    }

    /// How many users get lists to be judged, evenly spread over those tested.
    public static let listUsers = 2000

    /// Every metric with its cut-off, in order, each once.
    public func resolvedMetrics() throws -> [Metric] {
        var resolved: [Metric] = []
        for name in metrics {
            let isWhole =
                name.contains("@")
                || Metric.Kind.allCases.contains { $0.isWhole && $0.rawValue.lowercased() == name.lowercased() }
            for metric in isWhole ? [try Metric(name)] : try at.map({ try Metric("\(name)@\($0)") })
            where !resolved.contains(metric) {
                resolved.append(metric)
            }
        }
        return resolved
    }

    public static let defaults = ProtocolConfig()

    public func validate() throws {
        if let index = at.firstIndex(where: { $0 < 1 }) {
            throw ConfigurationError(at: ["at"], "a list cannot have \(at[index]) places; write 1 or more")
        }
        for (index, name) in metrics.enumerated() {
            do {
                _ = try ProtocolConfig(metrics: [name], at: at).resolvedMetrics()
            } catch let error as MetricError {
                let kinds = Metric.Kind.allCases.map(\.rawValue)
                let text = name.contains("@") ? "\(error)" : Spelling.complaint(unknown: "metric", name, valid: kinds)
                throw ConfigurationError(at: ["metrics", AnyCodingKey(index)], text)
            }
        }
        let resolved = try resolvedMetrics()
        if resolved.isEmpty {
            throw ConfigurationError("nothing to measure; write metrics: [HR, NDCG] and at: [10]")
        }
        let path: [AnyCodingKey] = [resolved.contains { !isOf($0) } ? "metrics" : "select"]
        if candidates == .offered {
            guard resolved == [Metric(.clickThrough)] else {
                throw ConfigurationError(
                    at: ["metrics"], "slates at moments are judged by expected clicks; write metrics: [CTR]")
            }
            return
        }
        if let metric = resolved.first(where: { $0.kind == .clickThrough }) {
            throw ConfigurationError(at: ["metrics"], "\(metric) takes a world's truth; write candidates: offered")
        }
        if let metric = (resolved + [select]).first(where: { !isOf($0) }) {
            let error: EvaluationError = asksForRatings ? .notOfRatings(metric) : .onlyOfRatings(metric)
            throw ConfigurationError(at: path, "\(error)")
        }
    }

    private var asksForRatings: Bool { if case .rated = candidates { true } else { false } }

    /// Whether a metric says something of what is asked.
    private func isOf(_ metric: Metric) -> Bool {
        asksForRatings ? metric.kind.judgesRatings : !metric.kind.isError
    }

    /// Whether errors of predicted ratings are taken, so that models have to predict them.
    var takesErrors: Bool { ((try? resolvedMetrics()) ?? []).contains(where: \.kind.isError) || select.kind.isError }
}

extension ProtocolConfig.Candidates: NamedChoice, Encodable {
    public static let what = "candidates"
    public static let choices: [Choice<ProtocolConfig.Candidates>] = [
        Choice("full", .full) { $0 == .full },
        Choice("sampled", standard: 99, sampled(positive:)) { if case .sampled(let count) = $0 { count } else { nil } },
        Choice("per-target", standard: 999, perTarget(positive:)) {
            if case .perTarget(let count) = $0 { count } else { nil }
        },
        Choice("given", .given) { $0 == .given },
        Choice("shown", .shown) { $0 == .shown },
        Choice("rated", standard: ProtocolConfig.Rated(), ProtocolConfig.Candidates.rated) {
            if case .rated(let settings) = $0 { settings } else { nil }
        },
        Choice("offered", .offered) { $0 == .offered },
    ]

    private static func sampled(positive count: Int) throws -> Self {
        guard count > 0 else { throw ConfigurationError("a target needs at least 1 rival, found \(count)") }
        return .sampled(count)
    }

    private static func perTarget(positive count: Int) throws -> Self {
        guard case .sampled(let count) = try sampled(positive: count) else { return .full }
        return .perTarget(count)
    }
}

extension ProtocolConfig.Slicing: NamedChoice, Encodable {
    public static let what = "slice"
    public static let choices: [Choice<ProtocolConfig.Slicing>] = [
        Choice("user-activity", .userActivity) { $0 == .userActivity },
        Choice("item-popularity", .itemPopularity) { $0 == .itemPopularity },
        Choice("auxiliary", .auxiliary) { $0 == .auxiliary },
        Choice("user-interactions", standard: standardEdges, { .userInteractions(edges: try ascending($0)) }) {
            if case .userInteractions(let edges) = $0 { edges } else { nil }
        },
        Choice("cold-start", standard: 5, coldStart) {
            switch $0 {
            case .coldStart(let limit): .integer(limit)
            case .coldStartBands(let edges): .list(edges.map { .integer($0) })
            default: nil
            }
        },
        Choice("domain", .domain) { $0 == .domain },
        Choice("domain-interactions", standard: [1, 5, 10, 20], { .domainInteractions(edges: try ascending($0)) }) {
            if case .domainInteractions(let edges) = $0 { edges } else { nil }
        },
    ]

    /// One limit, or the edges of bands.
    private static func coldStart(_ value: ConfigValue) throws -> Self {
        if case .list = value { return .coldStartBands(edges: try ascending(value.decode([Int].self))) }
        let limit = try value.decode(Int.self)
        guard limit > 0 else {
            throw ConfigurationError("nobody has fewer than \(limit) interactions; write 'cold-start: 5'")
        }
        return .coldStart(below: limit)
    }

    private static func ascending(_ edges: [Int]) throws -> [Int] {
        guard let first = edges.first, first > 0, zip(edges, edges.dropFirst()).allSatisfy(<) else {
            throw ConfigurationError(
                "bands need ascending edges from 1 on, such as [1, 2, 5, 10]; found \(edges)")
        }
        return edges
    }
}

public import MarqueeEvaluation
internal import MarqueeRuntime

/// What models are asked and how they are judged:
/// `{ candidates: { sampled: 99 }, metrics: [HR, NDCG], at: [5, 10], slices: [user-activity] }`.
///
/// An experiment may ask its fitted models in several protocols; see ``Experiment/evaluate``.
public struct ProtocolConfig: Sendable, Equatable, Codable {
    /// What each target is ranked against.
    public enum Candidates: Sendable, Equatable {
        /// Every item that the user has not seen.
        case full
        /// So many items that the user has not touched, drawn once: `{ sampled: 99 }`.
        case sampled(Int)
        /// The negatives that came with the files.
        case given
    }

    /// By whom and what figures are split: `user-activity`, `{ user-interactions: [10, 50] }`,
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

        /// Those of the MBH-GNN paper's Figure 5, and what lies below and above.
        public static let userInteractions = Slicing.userInteractions(edges: [10, 20, 50, 100, 200, 500])
    }

    /// What reports call the protocol where there are several; the candidates unless given.
    public var name: String?
    public var candidates: Candidates
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
        name: String? = nil, candidates: Candidates = .full, metrics: [String] = ["HR", "NDCG"], at: [Int] = [10],
        slices: [Slicing] = [],
        lists: Int = 10, select: Metric = Metric(.ndcg, at: 10)
    ) {
        self.name = name
        self.candidates = candidates
        self.metrics = metrics
        self.at = at
        self.slices = slices
        self.lists = lists
        self.select = select
    }

    /// What reports call the protocol.
    public var title: String {
        if let name { return name }
        return switch candidates {
        case .full: "full"
        case .sampled(let count): "sampled(\(count))"
        case .given: "given"
        }
    }

    /// How many users get lists to be judged, evenly spread over those tested.
    public static let listUsers = 2000

    /// Every metric with its cut-off, in order, each once.
    public func resolvedMetrics() throws -> [Metric] {
        var resolved: [Metric] = []
        for name in metrics {
            let isWhole = name.contains("@") || name.lowercased() == Metric.Kind.auc.rawValue.lowercased()
            for metric in isWhole ? [try Metric(name)] : try at.map({ try Metric("\(name)@\($0)") })
            where !resolved.contains(metric) {
                resolved.append(metric)
            }
        }
        return resolved
    }

    enum CodingKeys: CodingKey, CaseIterable { case name, candidates, metrics, at, slices, lists, select }

    public init(from decoder: any Decoder) throws { try self.init(from: decoder, otherwise: ProtocolConfig()) }

    /// Reads a plan; what it does not say is as in `standard`.
    init(from decoder: any Decoder, otherwise standard: ProtocolConfig) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        self.init(
            name: try container.decodeIfPresent(String.self, forKey: .name),
            candidates: try container.decodeIfPresent(Candidates.self, forKey: .candidates) ?? standard.candidates,
            metrics: try container.decodeIfPresent([String].self, forKey: .metrics) ?? standard.metrics,
            at: try container.decodeIfPresent([Int].self, forKey: .at) ?? standard.at,
            slices: try container.decodeIfPresent([Slicing].self, forKey: .slices) ?? standard.slices,
            lists: try container.decodeIfPresent(Int.self, forKey: .lists) ?? standard.lists,
            select: try container.decodeIfPresent(Metric.self, forKey: .select) ?? standard.select)
        if let index = at.firstIndex(where: { $0 < 1 }) {
            throw DecodingError.complaint(
                "a list cannot have \(at[index]) places; write 1 or more", at: container.codingPath + [CodingKeys.at])
        }
        for (index, name) in metrics.enumerated() {
            do {
                _ = try ProtocolConfig(metrics: [name], at: at).resolvedMetrics()
            } catch let error as MetricError {
                let kinds = Metric.Kind.allCases.map(\.rawValue)
                let text = name.contains("@") ? "\(error)" : Spelling.complaint(unknown: "metric", name, valid: kinds)
                throw DecodingError.complaint(text, at: container.codingPath + [CodingKeys.metrics, IndexKey(index)])
            }
        }
        if try resolvedMetrics().isEmpty {
            throw DecodingError.complaint(
                "nothing to measure; write metrics: [HR, NDCG] and at: [10]", at: container.codingPath)
        }
    }
}

extension ProtocolConfig.Candidates: Codable {
    public init(from decoder: any Decoder) throws {
        let choice = try NamedChoice(from: decoder, kind: "candidates", among: ["full", "sampled", "given"])
        switch choice.name {
        case "sampled":
            let count = try choice.settings(Int.self, standard: 99)
            guard count > 0 else {
                throw DecodingError.complaint("a target needs at least 1 rival, found \(count)", at: decoder.codingPath)
            }
            self = .sampled(count)
        case "given": self = .given
        default: self = .full
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .full, .given:
            var container = encoder.singleValueContainer()
            try container.encode(self == .full ? "full" : "given")
        case .sampled(let count):
            var container = encoder.container(keyedBy: AnyCodingKey.self)
            try container.encode(count, forKey: AnyCodingKey("sampled"))
        }
    }
}

extension ProtocolConfig.Slicing: Codable {
    private static let names = ["user-activity", "item-popularity", "auxiliary", "user-interactions", "cold-start"]

    public init(from decoder: any Decoder) throws {
        let choice = try NamedChoice(from: decoder, kind: "slice", among: Self.names)
        switch choice.name {
        case "user-activity": self = .userActivity
        case "item-popularity": self = .itemPopularity
        case "auxiliary": self = .auxiliary
        case "user-interactions":
            self = .userInteractions
            if let edges = try? choice.settings([Int].self) {
                self = .userInteractions(edges: try Self.checked(edges, decoder))
            }
        default:
            if let edges = try? choice.settings([Int].self) {
                self = .coldStartBands(edges: try Self.checked(edges, decoder))
                return
            }
            let limit = try choice.settings(Int.self, standard: 5)
            guard limit > 0 else {
                throw DecodingError.complaint(
                    "nobody has fewer than \(limit) interactions; write 'cold-start: 5'", at: decoder.codingPath)
            }
            self = .coldStart(below: limit)
        }
    }

    /// Edges that ascend and of which none is below 1.
    private static func checked(_ edges: [Int], _ decoder: any Decoder) throws -> [Int] {
        guard let first = edges.first, first > 0, zip(edges, edges.dropFirst()).allSatisfy(<) else {
            throw DecodingError.complaint(
                "bands need ascending edges from 1 on, such as [1, 2, 5, 10]; found \(edges)", at: decoder.codingPath)
        }
        return edges
    }

    public func encode(to encoder: any Encoder) throws {
        func encode(_ setting: some Encodable, _ name: String) throws {
            var container = encoder.container(keyedBy: AnyCodingKey.self)
            try container.encode(setting, forKey: AnyCodingKey(name))
        }
        switch self {
        case .coldStart(let limit): return try encode(limit, "cold-start")
        case .coldStartBands(let edges): return try encode(edges, "cold-start")
        case .userInteractions(let edges): return try encode(edges, "user-interactions")
        default: break
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .userActivity: try container.encode("user-activity")
        case .itemPopularity: try container.encode("item-popularity")
        case .auxiliary: try container.encode("auxiliary")
        case .userInteractions, .coldStart, .coldStartBands: break
        }
    }
}

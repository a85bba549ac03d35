public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime

/// An experiment as data; its YAML reads as a methods section:
///
///     name:     ncf-movielens-1m
///     data:     { path: ml-1m }
///     prepare:  [ binarize, { k-core: 5 } ]
///     split:    { leave-one-out: { by: time, validation: true } }
///     evaluate: { candidates: { sampled: 99 }, metrics: [HR, NDCG], at: [5, 10], slices: [user-activity] }
///     models:
///       - popularity
///       - ncf: { embedding: 8, train: { epochs: 5, batch: 512, rate: 0.001, negatives: 4 } }
///     seeds:    [1, 2, 3]
///
/// With several protocols `evaluate` is a list, of which every entry but the first says only what is
/// different; with `tables` the report has a table for each group of models:
///
///     evaluate: [ { candidates: full, at: [10, 20] }, { candidates: { sampled: 99 } } ]
///     tables:   [ { title: "All models", models: [ncf] }, { title: "Ablation", models: [ncf, ncf-narrow], against: ncf } ]
///
/// A key that means nothing is an error that names the nearest valid one. Read one with ``init(contentsOf:)``.
public struct Experiment: Sendable, Equatable, Codable {
    /// What run folders are called; the file's name unless given.
    public var name: String
    /// What it is about, for the head of its report.
    public var about: String
    public var data: DataSource
    public var prepare: [PreparationStep]
    public var split: Splitter
    /// The protocols that every fitted model is asked in, at least one, of distinct titles. Validation
    /// data is asked as in the first, and by the first runs are compared.
    public var evaluate: [ProtocolConfig]
    /// Names are distinct.
    public var models: [ModelEntry]
    /// Each model is fitted once for every seed. Data, split and frozen negatives follow ``DataSource/seed``
    /// instead, so that all fits are asked the same questions.
    public var seeds: [UInt64]
    /// Whether models, once validation has chosen how long to train, are trained anew on training and
    /// validation data together before the one test. A model entry may say otherwise for itself.
    public var refit: Bool
    /// How the report groups the models; all in one table when empty.
    public var tables: [ModelTable]

    public init(
        name: String = "experiment", about: String = "", data: DataSource, prepare: [PreparationStep] = [],
        split: Splitter = .leaveOneOut(LeaveOneOut()), evaluate: [ProtocolConfig] = [ProtocolConfig()],
        models: [ModelEntry], seeds: [UInt64] = [1], refit: Bool = false, tables: [ModelTable] = []
    ) {
        self.name = name
        self.about = about
        self.data = data
        self.prepare = prepare
        self.split = split
        self.evaluate = evaluate
        self.models = models
        self.seeds = seeds
        self.refit = refit
        self.tables = tables
    }

    enum CodingKeys: CodingKey, CaseIterable {
        case name, about, data, prepare, split, evaluate, models, seeds, refit, tables
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        for key in [CodingKeys.data, .models] where !container.contains(key) {
            throw DecodingError.complaint(
                "'\(key.stringValue)' is missing; an experiment needs data and models", at: decoder.codingPath)
        }
        let defaultName = decoder.userInfo[.experimentName] as? String ?? "experiment"
        self.init(
            name: try container.decodeIfPresent(String.self, forKey: .name) ?? defaultName,
            about: try container.decodeIfPresent(String.self, forKey: .about) ?? "",
            data: try container.decode(DataSource.self, forKey: .data),
            prepare: try container.decodeIfPresent([PreparationStep].self, forKey: .prepare) ?? [],
            split: try container.decodeIfPresent(Splitter.self, forKey: .split) ?? .leaveOneOut(LeaveOneOut()),
            evaluate: try Self.protocols(container),
            models: try container.decode([ModelEntry].self, forKey: .models),
            seeds: try container.decodeIfPresent([UInt64].self, forKey: .seeds) ?? [1],
            refit: try container.decodeIfPresent(Bool.self, forKey: .refit) ?? false,
            tables: try container.decodeIfPresent([ModelTable].self, forKey: .tables) ?? [])
        func complain(_ text: String, _ key: CodingKeys, _ index: Int? = nil) -> DecodingError {
            .complaint(text, at: decoder.codingPath + [key] + (index.map { [IndexKey($0)] } ?? []))
        }
        if models.isEmpty { throw complain("no models; list at least one, such as popularity", .models) }
        if seeds.isEmpty { throw complain("no seeds; write [1]", .seeds) }
        if Set(seeds).count < seeds.count { throw complain("a seed occurs twice; every fit needs its own", .seeds) }
        if name.isEmpty || name.contains("/") || name.hasPrefix(".") {
            throw complain("'\(name)' cannot name a folder; use letters, digits and hyphens", .name)
        }
        var names: Set<String> = []
        for (index, model) in models.enumerated() where !names.insert(model.name).inserted {
            throw complain(
                "two models are called '\(model.name)'; tell them apart: { name: \(model.name)-wide, \(model.spec.kind): { … } }",
                .models, index)
        }
        if let refusal { throw complain(refusal.reason, .models, refusal.model) }
        for (index, table) in tables.enumerated() {
            for model in table.models + [table.against].compactMap({ $0 }) where !names.contains(model) {
                throw complain(Spelling.complaint(unknown: "model", model, valid: names.sorted()), .tables, index)
            }
            if let against = table.against, !table.models.contains(against) {
                throw complain(
                    "'\(against)', which the others are held against, is not in the table; list it in 'models'",
                    .tables, index)
            }
        }
    }

    /// The first model that the split asks for users whom it was not fitted to and that cannot answer; nil where there
    /// is none.
    var refusal: (model: Int, reason: String)? {
        guard case .heldOutUsers = split else { return nil }
        guard let index = models.firstIndex(where: { !$0.scoresHistories }) else { return nil }
        let able = ModelRegistry.kinds.filter { (try? ModelSpec($0).scoresHistories) == true }
        return (
            index,
            "'\(models[index].name)' knows only the users that it was fitted to, and held-out-users asks for others; "
                + "these answer from a history: \(able.joined(separator: ", "))"
        )
    }

    /// One protocol, or a list of them, each but the first taking from the first what it does not say.
    private static func protocols(_ container: KeyedDecodingContainer<CodingKeys>) throws -> [ProtocolConfig] {
        guard container.contains(.evaluate), try !container.decodeNil(forKey: .evaluate) else {
            return [ProtocolConfig()]
        }
        guard var list = try? container.nestedUnkeyedContainer(forKey: .evaluate) else {
            return [try container.decode(ProtocolConfig.self, forKey: .evaluate)]
        }
        var protocols: [ProtocolConfig] = []
        while !list.isAtEnd {
            let index = list.currentIndex
            let decoder = try list.superDecoder()
            let config = try ProtocolConfig(from: decoder, otherwise: protocols.first ?? ProtocolConfig())
            let path = container.codingPath + [CodingKeys.evaluate, IndexKey(index)]
            if protocols.contains(where: { $0.title == config.title }) {
                throw DecodingError.complaint(
                    "two protocols are called '\(config.title)'; give one a name of its own, 'name: …'", at: path)
            }
            if let first = protocols.first, first.lists != config.lists || first.select != config.select {
                throw DecodingError.complaint("'lists' and 'select' are said once, in the first protocol", at: path)
            }
            protocols.append(config)
        }
        guard !protocols.isEmpty else {
            throw DecodingError.complaint(
                "no protocol; write { candidates: full }", at: container.codingPath + [CodingKeys.evaluate])
        }
        return protocols
    }

    /// One seed for every model, whatever they say.
    public mutating func setSeed(_ seed: UInt64) {
        seeds = [seed]
        for index in models.indices { models[index].seeds = nil }
    }

    /// With which seeds a model is fitted.
    public func seeds(of entry: ModelEntry) -> [UInt64] { entry.seeds ?? seeds }
}

extension CodingUserInfoKey {
    /// The experiment's name where its text gives none.
    static let experimentName = CodingUserInfoKey(rawValue: "experiment name")!  // Never nil on this platform.
}

/// A place in a list, for coding paths.
struct IndexKey: CodingKey {
    let index: Int
    var stringValue: String { "\(index)" }
    var intValue: Int? { index }
    init(_ index: Int) { self.index = index }
    init(intValue index: Int) { self.index = index }
    init?(stringValue: String) { nil }
}

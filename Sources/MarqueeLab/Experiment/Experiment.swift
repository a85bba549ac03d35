public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
public import MarqueeRuntime

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
public struct Experiment: Configuration, Equatable, Encodable {
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
    /// What validation may cost; `validate` in the file.
    public var validation: ValidationBudget
    /// Names are distinct.
    public var models: [ModelEntry]
    /// Each model is fitted once for every seed. Data, split and frozen negatives follow ``DataSource/seed``
    /// instead, so that all fits are asked the same questions.
    public var seeds: [UInt64]
    /// Whether models, once validation has chosen how long to train, are trained anew on training and
    /// validation data together before the one test. A model entry may say otherwise for itself.
    public var refit: Bool
    /// Whether each seed draws its own split and frozen negatives and tunes anew, in place of what ``DataSource/seed``
    /// draws once: repeated random sub-sampling.
    public var resplit: Bool
    /// How the report groups the models; all in one table when empty.
    public var tables: [ModelTable]

    public init(
        name: String = "experiment", about: String = "", data: DataSource, prepare: [PreparationStep] = [],
        split: Splitter = .leaveOneOut(LeaveOneOut()), evaluate: [ProtocolConfig] = [ProtocolConfig()],
        validation: ValidationBudget = .all, models: [ModelEntry], seeds: [UInt64] = [1], refit: Bool = false,
        resplit: Bool = false,
        tables: [ModelTable] = []
    ) {
        self.name = name
        self.about = about
        self.data = data
        self.prepare = prepare
        self.split = split
        self.evaluate = evaluate
        self.validation = validation
        self.models = models
        self.seeds = seeds
        self.refit = refit
        self.resplit = resplit
        self.tables = tables
    }

    private enum CodingKeys: String, CodingKey {
        case name, about, data, prepare, split, evaluate, models, seeds, refit, resplit, tables
        case validation = "validate"
    }

    public static let defaults = Experiment(data: .defaults, models: [])
    public static let required = ["data", "models"]
    public static let properties = [CodingKeys.validation.rawValue: "validation"]

    public func validate() throws {
        if models.isEmpty {
            throw ConfigurationError(at: ["models"], "no models; list at least one, such as popularity")
        }
        try Self.check(seeds, at: ["seeds"])
        try Self.check(name, at: ["name"])
        var names: Set<String> = []
        for (index, model) in models.enumerated() where !names.insert(model.name).inserted {
            throw ConfigurationError(
                at: ["models", AnyCodingKey(index)],
                "two models are called '\(model.name)'; tell them apart: { name: \(model.name)-wide, \(model.spec.kind): { … } }"
            )
        }
        if let refusal { throw ConfigurationError(at: ["models", AnyCodingKey(refusal.model)], refusal.reason) }
        for (index, table) in tables.enumerated() {
            let path: [AnyCodingKey] = ["tables", AnyCodingKey(index)]
            for model in table.models + [table.against].compactMap({ $0 }) where !names.contains(model) {
                throw ConfigurationError(at: path, Spelling.complaint(unknown: "model", model, valid: names.sorted()))
            }
            if let against = table.against, !table.models.contains(against) {
                throw ConfigurationError(
                    at: path,
                    "'\(against)', which the others are held against, is not in the table; list it in 'models'")
            }
        }
        let asksWhatIsOffered = evaluate.contains { $0.candidates == .offered }
        if data.mediaWorld != nil {
            guard evaluate.count == 1, asksWhatIsOffered else {
                throw ConfigurationError(
                    at: ["evaluate"],
                    "of the media world slates are judged; write evaluate: { candidates: offered, metrics: [CTR] }")
            }
            guard prepare.isEmpty, split == .leaveOneOut(LeaveOneOut()), !resplit else {
                throw ConfigurationError(
                    at: ["data", "media-world"],
                    "the media world is split by its days, and used as it is; leave 'prepare', 'split' and 'resplit' out"
                )
            }
        } else if asksWhatIsOffered {
            throw ConfigurationError(
                at: ["evaluate"],
                "what is offered when is known of the media world alone; write data: { media-world: {} }")
        }
        guard let first = evaluate.first else {
            throw ConfigurationError(at: ["evaluate"], "no protocol; write { candidates: full }")
        }
        if let (key, reason) = impressionsRefusal { throw ConfigurationError(at: [AnyCodingKey(key)], reason) }
        var titles: Set<String> = []
        for (index, config) in evaluate.enumerated() {
            let path: [AnyCodingKey] = ["evaluate", AnyCodingKey(index)]
            guard titles.insert(config.title).inserted else {
                throw ConfigurationError(
                    at: path,
                    "two protocols are called '\(config.title)'; give one a name of its own, 'name: …'")
            }
            guard config.lists == first.lists, config.select == first.select else {
                throw ConfigurationError(at: path, "'lists' and 'select' are said once, in the first protocol")
            }
        }
    }

    /// The first model that cannot answer what it is asked, about users whom it was not fitted to or by ratings; nil where
    /// there is none.
    var refusal: (model: Int, reason: String)? {
        if evaluate.contains(where: \.takesErrors), let index = models.firstIndex(where: { !$0.predictsRatings }) {
            let able = ModelRegistry.kinds.filter { (try? ModelSpec($0).predictsRatings) == true }
            return (
                index,
                "'\(models[index].name)' does not predict ratings, and errors of ratings are asked for; "
                    + "these do: \(able.joined(separator: ", "))"
            )
        }
        guard case .heldOutUsers = split else { return nil }
        guard let index = models.firstIndex(where: { !$0.scoresHistories }) else { return nil }
        let able = ModelRegistry.kinds.filter { (try? ModelSpec($0).scoresHistories) == true }
        return (
            index,
            "'\(models[index].name)' knows only the users that it was fitted to, and held-out-users asks for others; "
                + "these answer from a history: \(able.joined(separator: ", "))"
        )
    }

    /// A model is fitted once for every seed.
    static func check(_ seeds: [UInt64], at path: [AnyCodingKey]) throws(ConfigurationError) {
        if seeds.isEmpty { throw ConfigurationError(at: path, "no seeds; write [1]") }
        if Set(seeds).count < seeds.count {
            throw ConfigurationError(at: path, "a seed occurs twice; every fit needs its own")
        }
    }

    /// Experiments and models name folders.
    static func check(_ name: String, at path: [AnyCodingKey]) throws(ConfigurationError) {
        if name.isEmpty || name.contains("/") || name.hasPrefix(".") {
            throw ConfigurationError(
                at: path, "'\(name)' cannot name a folder; use letters, digits and hyphens")
        }
    }

    /// One seed for every model, whatever they say.
    public mutating func setSeed(_ seed: UInt64) {
        seeds = [seed]
        for index in models.indices { models[index].seeds = nil }
    }

    /// With which seeds a model is fitted.
    public func seeds(of entry: ModelEntry) -> [UInt64] { entry.seeds ?? seeds }
}

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
/// A key that means nothing is an error that names the nearest valid one. Read one with ``init(contentsOf:)``.
public struct Experiment: Sendable, Equatable, Codable {
    /// What run folders are called; the file's name unless given.
    public var name: String
    public var data: DataSource
    public var prepare: [PreparationStep]
    public var split: Splitter
    public var evaluate: EvaluationPlan
    /// Names are distinct.
    public var models: [ModelEntry]
    /// Each model is fitted once for every seed. Data, split and frozen negatives follow ``DataSource/seed``
    /// instead, so that all fits are asked the same questions.
    public var seeds: [UInt64]
    /// Whether models, once validation has chosen how long to train, are trained anew on training and
    /// validation data together before the one test. A model entry may say otherwise for itself.
    public var refit: Bool

    public init(
        name: String = "experiment", data: DataSource, prepare: [PreparationStep] = [],
        split: Splitter = .leaveOneOut(LeaveOneOut()), evaluate: EvaluationPlan = EvaluationPlan(),
        models: [ModelEntry], seeds: [UInt64] = [1], refit: Bool = false
    ) {
        self.name = name
        self.data = data
        self.prepare = prepare
        self.split = split
        self.evaluate = evaluate
        self.models = models
        self.seeds = seeds
        self.refit = refit
    }

    enum CodingKeys: CodingKey, CaseIterable { case name, data, prepare, split, evaluate, models, seeds, refit }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        for key in [CodingKeys.data, .models] where !container.contains(key) {
            throw DecodingError.complaint("'\(key.stringValue)' is missing; an experiment needs data and models", at: decoder.codingPath)
        }
        let defaultName = decoder.userInfo[.experimentName] as? String ?? "experiment"
        self.init(
            name: try container.decodeIfPresent(String.self, forKey: .name) ?? defaultName,
            data: try container.decode(DataSource.self, forKey: .data),
            prepare: try container.decodeIfPresent([PreparationStep].self, forKey: .prepare) ?? [],
            split: try container.decodeIfPresent(Splitter.self, forKey: .split) ?? .leaveOneOut(LeaveOneOut()),
            evaluate: try container.decodeIfPresent(EvaluationPlan.self, forKey: .evaluate) ?? EvaluationPlan(),
            models: try container.decode([ModelEntry].self, forKey: .models),
            seeds: try container.decodeIfPresent([UInt64].self, forKey: .seeds) ?? [1],
            refit: try container.decodeIfPresent(Bool.self, forKey: .refit) ?? false)
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
    }
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

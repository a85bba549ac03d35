public import MarqueeModels
public import MarqueeRuntime

/// A model in an experiment: `popularity`, `ease: { regularization: 500 }`, or with more to say of it
///
///     - name: ease-tuned
///       ease: { regularization: 500 }
///       tune: { regularization: [100, 250, 500, 1000] }
///       refit: true
///       seeds: [1, 2, 3]
///
/// `tune` is a grid: every combination is fitted on the training data with the first seed, and the one
/// that is best on the validation data is the model. The test data is not looked at.
public struct ModelEntry: Sendable, Equatable, Codable {
    /// What tables call it; the model's kind unless given.
    public var name: String
    public var spec: ModelSpec
    /// Dotted keys of the configuration with the values to try, ordered by key.
    public var tune: [String: [ConfigValue]]
    /// Overrides ``Experiment/refit``. Where that is true and this is not, a model that answers from a history is asked at
    /// the test with the validation data in it, as Kang and McAuley ask theirs, but learns nothing from them.
    public var refit: Bool?
    /// Overrides ``Experiment/seeds``: more of them for the rows that matter, one for those without chance.
    public var seeds: [UInt64]?

    public init(
        name: String? = nil, spec: ModelSpec, tune: [String: [ConfigValue]] = [:], refit: Bool? = nil,
        seeds: [UInt64]? = nil
    ) {
        self.name = name ?? spec.kind
        self.spec = spec
        self.tune = tune
        self.refit = refit
        self.seeds = seeds
    }

    /// What may be said beside the model.
    private struct Options: Decodable {
        var name: String?
        var tune: [String: [ConfigValue]]?
        var refit: Bool?
        var seeds: [UInt64]?

        enum CodingKeys: CodingKey, CaseIterable { case name, tune, refit, seeds }
        static let keys = CodingKeys.allCases.map(\.stringValue)
    }

    public init(from decoder: any Decoder) throws {
        let path = decoder.codingPath.map { AnyCodingKey($0) }
        guard case .mapping(let fields) = try ConfigValue(from: decoder) else {
            self.init(spec: try ModelSpec(from: decoder))
            return
        }
        let kinds = fields.keys.filter { !Options.keys.contains($0) }.sorted()
        guard let kind = kinds.first(where: ModelRegistry.kinds.contains) ?? kinds.first else {
            throw ConfigurationError(
                at: path, "which model? Write one of \(ModelRegistry.kinds.joined(separator: ", "))")
        }
        let own = fields[kind] ?? .null
        let spec = try ConfigValue.mapping([kind: own]).decode(ModelSpec.self, at: path)
        if let other = kinds.first(where: { $0 != kind }) {
            throw ConfigurationError(
                at: path + [AnyCodingKey(other)], Spelling.complaint(unknown: "key", other, valid: Options.keys))
        }
        let options = try ConfigValue.mapping(fields.filter { $0.key != kind }).decode(Options.self, at: path)
        for (key, values) in options.tune ?? [:] {
            let place = path + ["tune", AnyCodingKey(key)]
            guard !values.isEmpty else { throw ConfigurationError(at: place, "no values to try for '\(key)'") }
            for value in values {
                do { _ = try ModelSpec(kind, spec.config.setting(key, to: value)) } catch let error
                    as ConfigurationError
                {
                    throw ConfigurationError(at: place, error.reason)
                }
            }
        }
        self.init(name: options.name, spec: spec, tune: options.tune ?? [:], refit: options.refit, seeds: options.seeds)
        if let seeds { try Experiment.check(seeds, at: path + ["seeds"]) }
        try Experiment.check(name, at: path + ["name"])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyCodingKey.self)
        if name != spec.kind { try container.encode(name, forKey: AnyCodingKey("name")) }
        try container.encode(spec.config.hyphenated, forKey: AnyCodingKey(spec.kind))
        if !tune.isEmpty { try container.encode(tune, forKey: AnyCodingKey("tune")) }
        if let refit { try container.encode(refit, forKey: AnyCodingKey("refit")) }
        if let seeds { try container.encode(seeds, forKey: AnyCodingKey("seeds")) }
    }

    /// Whether the model, whatever tuning chooses, answers from a history.
    var scoresHistories: Bool {
        (try? grid().allSatisfy { try $0.spec.scoresHistories }) == true
    }

    /// Whether the model's scores are ratings.
    var predictsRatings: Bool { (try? spec.predictsRatings) == true }

    /// Every combination of the values to try, over the given configuration; that alone when there is
    /// nothing to try.
    public func grid() throws -> [(setting: String, spec: ModelSpec)] {
        var grid: [(setting: [String], config: ConfigValue)] = [([], spec.config)]
        for (key, values) in tune.sorted(by: { $0.key < $1.key }) {
            grid = grid.flatMap { point in
                values.map { (point.setting + ["\(key) \($0.text)"], point.config.setting(key, to: $0)) }
            }
        }
        return try grid.map { ($0.setting.joined(separator: ", "), try ModelSpec(spec.kind, $0.config)) }
    }
}

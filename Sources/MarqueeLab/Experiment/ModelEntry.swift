public import MarqueeModels
internal import MarqueeRuntime

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
    /// Overrides ``Experiment/refit``.
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

    private static let ownKeys = ["name", "tune", "refit", "seeds"]

    public init(from decoder: any Decoder) throws {
        func complain(_ text: String, _ path: [String] = []) -> DecodingError {
            .complaint(text, at: decoder.codingPath + path.map { AnyCodingKey($0) })
        }
        if let kind = try? decoder.singleValueContainer().decode(String.self) {
            self.init(spec: try Self.spec(kind, .mapping([:]), complain))
            return
        }
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        let kinds = container.allKeys.map(\.stringValue).filter { !Self.ownKeys.contains($0) }
        guard let kind = kinds.first(where: ModelRegistry.kinds.contains) ?? kinds.first else {
            throw complain("which model? Write one of \(ModelRegistry.kinds.joined(separator: ", "))")
        }
        let config = try container.decodeIfPresent(ConfigValue.self, forKey: AnyCodingKey(kind)) ?? .mapping([:])
        let spec = try Self.spec(kind, config, complain)
        if let other = kinds.first(where: { $0 != kind }) {
            throw complain(Spelling.complaint(unknown: "key", other, valid: Self.ownKeys), [other])
        }
        let tune = try container.decodeIfPresent([String: [ConfigValue]].self, forKey: AnyCodingKey("tune")) ?? [:]
        for (key, values) in tune {
            guard !values.isEmpty else { throw complain("no values to try for '\(key)'", ["tune", key]) }
            for value in values {
                _ = try Self.spec(kind, spec.config.setting(key, to: value)) { text, _ in complain(text, ["tune", key])
                }
            }
        }
        self.init(
            name: try container.decodeIfPresent(String.self, forKey: AnyCodingKey("name")), spec: spec, tune: tune,
            refit: try container.decodeIfPresent(Bool.self, forKey: AnyCodingKey("refit")),
            seeds: try container.decodeIfPresent([UInt64].self, forKey: AnyCodingKey("seeds")))
        if let seeds, seeds.isEmpty || Set(seeds).count < seeds.count {
            throw complain(
                seeds.isEmpty ? "no seeds; write [1]" : "a seed occurs twice; every fit needs its own", ["seeds"])
        }
        if name.isEmpty || name.contains("/") || name.hasPrefix(".") {
            throw complain("'\(name)' cannot name a folder; use letters, digits and hyphens", ["name"])
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyCodingKey.self)
        if name != spec.kind { try container.encode(name, forKey: AnyCodingKey("name")) }
        try container.encode(spec.config.hyphenated, forKey: AnyCodingKey(spec.kind))
        if !tune.isEmpty { try container.encode(tune, forKey: AnyCodingKey("tune")) }
        if let refit { try container.encode(refit, forKey: AnyCodingKey("refit")) }
        if let seeds { try container.encode(seeds, forKey: AnyCodingKey("seeds")) }
    }

    /// The model of a name and a configuration; complaints point at the key that they speak of.
    private static func spec(
        _ kind: String, _ config: ConfigValue, _ complain: (String, [String]) -> DecodingError
    ) throws -> ModelSpec {
        do {
            return try ModelSpec(kind, config)
        } catch let error as ModelError {
            guard case .badConfig(_, let reason) = error else { throw complain(error.description, [kind]) }
            let culprit = config.paths.filter { path in
                let dotted = path.joined(separator: ".")
                return reason.contains("'\(dotted)'") || reason.hasPrefix("\(dotted):")
            }.max { $0.count < $1.count }
            throw complain(error.description, [kind] + (culprit ?? []))
        }
    }

    /// Whether the model, whatever tuning chooses, answers from a history.
    var scoresHistories: Bool {
        (try? grid().allSatisfy { try $0.spec.scoresHistories }) == true
    }

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

internal import MarqueeEvaluation
public import MarqueeRuntime

/// A model by name with its configuration, as YAML and JSON write it: `popularity`, or
/// `ease: { regularization: 500 }`. What is not said has its default.
public struct ModelSpec: Sendable, Equatable {
    public let kind: String
    /// Every key of the model's configuration with its value.
    public let config: ConfigValue

    /// - Throws: ``ModelError/unknownModel(_:valid:)``; `ConfigurationError` for an unknown key or a value out of
    ///   range, with a path that begins with the model's name.
    public init(_ kind: String, _ config: ConfigValue = [:]) throws {
        try self.init(kind, config, at: [])
    }

    public init<Model: Recommender>(_ model: Model.Type, _ config: Model.Config = .init()) throws {
        kind = model.kind
        self.config = try ConfigValue(encoding: config)
    }

    private init(_ kind: String, _ config: ConfigValue, at path: [AnyCodingKey]) throws {
        self.kind = kind
        self.config = try Self.resolve(ModelRegistry.model(kind), config, at: path + [AnyCodingKey(kind)])
    }

    /// Fits the model.
    public func fit(to data: TrainingSet, in context: FitContext = FitContext()) throws -> any Recommender {
        try Self.fit(ModelRegistry.model(kind), config, to: data, in: context)
    }

    /// Whether the fitted model will have a ``Recommender/historyScorer``: whether it answers for anybody with a history.
    public var scoresHistories: Bool {
        get throws { try Self.scoresHistories(ModelRegistry.model(kind), config) }
    }

    /// Why the model cannot be fitted to so many users and items, known before it is tried; nil where nothing speaks
    /// against it.
    public func refusal(users: Int, items: Int) throws -> String? {
        try Self.refusal(ModelRegistry.model(kind), config, users: users, items: items)
    }

    /// Whether the fit weights by ``TrainingSet/propensities``.
    public var usesPropensities: Bool {
        get throws { try Self.usesPropensities(ModelRegistry.model(kind), config) }
    }

    /// Whether scores are ratings, whose errors can be taken.
    public var predictsRatings: Bool { get throws { try ModelRegistry.model(kind) is any RatingPredictor.Type } }

    /// The model with its ``ModelConfig/tiny`` configuration.
    public static func tiny(_ kind: String) throws -> ModelSpec { try tiny(ModelRegistry.model(kind)) }

    /// Restores the model from what it saved.
    public func load(from artifact: borrowing Artifact) throws -> any Recommender {
        try Self.load(ModelRegistry.model(kind), config, from: artifact)
    }

    private static func scoresHistories<Model: Recommender>(_ model: Model.Type, _ config: ConfigValue) throws -> Bool {
        model.scoresHistories(try Model.Config(config, model: model.kind))
    }

    private static func refusal<Model: Recommender>(
        _ model: Model.Type, _ config: ConfigValue, users: Int, items: Int
    ) throws -> String? {
        model.refusal(try Model.Config(config, model: model.kind), users: users, items: items)
    }

    private static func usesPropensities<Model: Recommender>(_ model: Model.Type, _ config: ConfigValue) throws -> Bool
    {
        model.usesPropensities(try Model.Config(config, model: model.kind))
    }

    private static func tiny<Model: Recommender>(_ model: Model.Type) throws -> ModelSpec {
        try ModelSpec(model, Model.Config.tiny)
    }

    private static func resolve<Model: Recommender>(
        _ model: Model.Type, _ config: ConfigValue, at path: [AnyCodingKey]
    ) throws -> ConfigValue {
        try ConfigValue(encoding: config.decode(Model.Config.self, at: path))
    }

    private static func fit<Model: Recommender>(
        _ model: Model.Type, _ config: ConfigValue, to data: TrainingSet, in context: FitContext
    ) throws -> any Recommender {
        let config = try Model.Config(config, model: model.kind)
        if let reason = model.refusal(config, users: data.userCount, items: data.itemCount) {
            throw ModelError.unfit(model: model.kind, reason: reason)
        }
        return try Model.fit(config, to: data, in: context)
    }

    private static func load<Model: Recommender>(
        _ model: Model.Type, _ config: ConfigValue, from artifact: borrowing Artifact
    ) throws -> any Recommender {
        try Model(config: Model.Config(config, model: model.kind), from: artifact)
    }
}

extension Recommender {
    /// The model with the configuration that it was fitted with, what followed the data included.
    public func spec() throws -> ModelSpec { try ModelSpec(Self.self, config) }
}

extension ModelSpec: Codable {
    public init(from decoder: any Decoder) throws {
        let path = decoder.codingPath.map { AnyCodingKey($0) }
        switch try ConfigValue(from: decoder) {
        case .string(let kind): try self.init(kind, [:], at: path)
        case .mapping(let fields) where fields.count == 1:
            let (kind, config) = fields[fields.startIndex]
            try self.init(kind, config, at: path)
        default:
            throw ConfigurationError(
                at: path,
                "expected a model's name, or one name with its configuration, as in 'ease: { regularization: 500 }'")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try ConfigValue.mapping([kind: config]).encode(to: encoder)
    }
}

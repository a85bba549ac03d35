internal import MarqueeRuntime

/// A configuration of a model that is trained in epochs, so that it can be fitted again, without validation data, for
/// as many epochs as were best with them.
public protocol EpochTrained: ModelConfig {
    /// At most so many passes over the training data.
    var epochs: Int { get set }
}

extension ModelSpec {
    /// At most so many epochs the model is trained for; nil for a model without epochs.
    /// - Throws: ``ModelError`` for an unknown model, `ConfigurationError` for an unknown key.
    public var epochs: Int? {
        get throws { (try modelConfig as? any EpochTrained)?.epochs }
    }

    /// The same model trained for so many epochs; unchanged for a model without epochs.
    /// - Throws: ``ModelError`` for an unknown model, `ConfigurationError` for an unknown key or when `count` is below 1.
    public func training(epochs count: Int) throws -> ModelSpec {
        guard var config = try modelConfig as? any EpochTrained else { return self }
        config.epochs = count
        return try ModelSpec(kind, ConfigValue(encoding: config))
    }

    private var modelConfig: any ModelConfig {
        get throws {
            func read<Model: Recommender>(_ model: Model.Type) throws -> any ModelConfig {
                try Model.Config(config, model: kind)
            }
            return try read(ModelRegistry.model(kind))
        }
    }
}

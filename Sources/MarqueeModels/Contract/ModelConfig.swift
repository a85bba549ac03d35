public import MarqueeRuntime

/// The configuration of a model: a struct of values with defaults for everything.
///
/// Its properties are the keys of a YAML, words joined by hyphens: `unobservedWeight` is written
/// `unobserved-weight`. A mapping is laid over the defaults; a key that no property has is an error.
public protocol ModelConfig: Configuration, Encodable, Equatable {
    init()

    /// What makes these values unusable, such as `neighbors must be at least 1`; nil when nothing does.
    var problem: String? { get }

    /// What learns from a dozen users and items within a second: for tests, and for trying a model out. The defaults
    /// unless a configuration says otherwise.
    static var tiny: Self { get }
}

extension ModelConfig {
    public static var defaults: Self { Self() }

    public static var tiny: Self { Self() }

    /// The defaults, some of them changed.
    public init(_ change: (inout Self) -> Void) {
        self.init()
        change(&self)
    }

    public var problem: String? { nil }

    public func validate() throws {
        if let problem { throw ConfigurationError(problem) }
    }

    /// Reads a mapping strictly, for the model named `model`.
    /// - Throws: `ConfigurationError` whose path begins with the model's name.
    public init(_ value: ConfigValue, model: String) throws(ConfigurationError) {
        self = try value.decode(at: [AnyCodingKey(model)])
    }
}

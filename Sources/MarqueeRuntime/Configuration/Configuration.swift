/// Settings with defaults, as a text gives them: a mapping is laid over the defaults, and a key that no
/// property has is an error that names the nearest.
///
///     struct KNN: Configuration {
///         var neighbors = 50
///         var lengthWeight = 0.75
///         static let defaults = KNN()
///     }
///     let document = try ConfigDocument(yaml: "length-weight: 1", file: "knn.yaml")
///     try document.decode(KNN.self)        // neighbors 50, lengthWeight 1
///
/// Keys are the properties' names, words joined by hyphens. A type of this kind needs no decoder of its own: the
/// compiler's reads every key, and ``ConfigValue/decode(_:at:over:)`` answers for those that are not said.
/// Another decoder, such as Foundation's of JSON, wants every key that is not optional.
public protocol Configuration: Decodable, Sendable {
    /// What holds where nothing is said.
    static var defaults: Self { get }

    /// Keys that have to be said, whatever ``defaults`` has for them.
    static var required: [String] { get }

    /// Words that are no keys, with the keys that their writers mean: `rating` for `value`.
    static var synonyms: [String: String] { get }

    /// The property that a key stands for, where it is not named like it: `["validate": "validation"]`.
    static var properties: [String: String] { get }

    /// The mapping that a shorthand stands for, such as `{ users: 5, items: 5 }` for `5`.
    static func spelledOut(_ value: ConfigValue) -> ConfigValue

    /// Refuses values that cannot be used together.
    /// - Throws: ``ConfigurationError`` whose path begins in this configuration.
    func validate() throws
}

extension Configuration {
    public static var required: [String] { [] }
    public static var synonyms: [String: String] { [:] }
    public static var properties: [String: String] { [:] }
    public static func spelledOut(_ value: ConfigValue) -> ConfigValue { value }
    public func validate() throws {}
}

/// One of several named things in a configuration, bare (`binarize`) or with settings
/// (`k-core: 5`, `ratio: { train: 0.8 }`).
public struct NamedChoice {
    public let name: String
    private let settings: (any Decoder)?

    /// Reads a name or a mapping of one name.
    /// - Parameter kind: what is being named, for the error: `preparation step`.
    /// - Throws: `DecodingError` that names the nearest valid name.
    public init(from decoder: any Decoder, kind: String, among valid: [String]) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self.name = name
            settings = nil
        } else {
            let container = try decoder.container(keyedBy: AnyCodingKey.self)
            guard container.allKeys.count == 1, let key = container.allKeys.first else {
                throw DecodingError.complaint(
                    "a \(kind) is a name, or one name with its settings, such as 'name: { … }'; "
                        + "found \(container.allKeys.map(\.stringValue).sorted())", at: decoder.codingPath)
            }
            name = key.stringValue
            // `name:` with nothing behind it is the bare name.
            settings = try container.decodeNil(forKey: key) ? nil : container.superDecoder(forKey: key)
        }
        guard valid.contains(name) else {
            throw DecodingError.complaint(
                Spelling.complaint(unknown: kind, name, valid: valid),
                at: decoder.codingPath + (settings == nil ? [] : [AnyCodingKey(name)]))
        }
    }

    /// The settings, or `standard` for the bare name.
    /// - Throws: `DecodingError` when the settings do not fit, or are needed and missing.
    public func settings<Settings: Decodable>(_ type: Settings.Type, standard: Settings? = nil) throws -> Settings {
        if let settings { return try Settings(from: settings) }
        if let standard { return standard }
        throw DecodingError.complaint("'\(name)' needs its settings: write '\(name): …'", at: [])
    }
}

/// A key of any name.
public struct AnyCodingKey: CodingKey {
    public let stringValue: String
    public var intValue: Int? { Int(stringValue) }
    public init(_ name: String) { stringValue = name }
    public init?(stringValue: String) { self.init(stringValue) }
    public init?(intValue: Int) { self.init(String(intValue)) }
}

extension Decoder {
    /// A keyed container that holds no key beside those of `Key`.
    /// - Throws: `DecodingError` that names the nearest valid key.
    public func strictContainer<Key: CodingKey & CaseIterable>(
        keyedBy type: Key.Type
    ) throws -> KeyedDecodingContainer<Key> {
        let valid = Key.allCases.map(\.stringValue)
        for key in try container(keyedBy: AnyCodingKey.self).allKeys where !valid.contains(key.stringValue) {
            throw DecodingError.complaint(
                Spelling.complaint(unknown: "key", key.stringValue, valid: valid), at: codingPath + [key])
        }
        return try container(keyedBy: type)
    }
}

extension DecodingError {
    /// A configuration that cannot be used, with what to do about it.
    public static func complaint(_ text: String, at path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(Context(codingPath: path, debugDescription: text))
    }
}

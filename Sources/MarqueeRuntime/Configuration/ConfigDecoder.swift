extension ConfigValue {
    /// This value as a `Value`, laid over its defaults.
    ///
    /// Every ``Configuration`` in it takes what is not said from its defaults, or from those of the one it lies in.
    /// Keys that nobody asked for are refused, and so are values of another type.
    /// - Parameters:
    ///   - path: where this value lies, for errors.
    ///   - defaults: in place of the type's own.
    /// - Throws: ``ConfigurationError``.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, at path: [AnyCodingKey] = [], over defaults: Value? = nil
    ) throws(ConfigurationError) -> Value {
        if let whole = self as? Value { return whole }
        if let scalar = type as? any ConfigScalar.Type {
            guard let value = scalar.read(self) as? Value else { throw mismatch(scalar.meaning, at: path) }
            return value
        }
        if let words = Self.words(of: type) { try check(words, at: path) }
        let configuration = type as? any Configuration.Type
        let standard = defaults ?? configuration?.defaults as? Value
        let required = configuration?.required ?? []
        if self == .null, required.isEmpty, let standard { return standard }
        let decoder = ConfigDecoder(
            value: configuration?.spelledOut(self) ?? self, path: path,
            defaults: standard.map { Mirror(reflecting: $0) },
            required: required, properties: configuration?.properties ?? [:])
        if configuration != nil { _ = try decoder.fields() }
        do {
            let value = try Value(from: decoder)
            if configuration != nil || decoder.asked.names != nil {
                try decoder.refuseUnknownKeys(synonyms: configuration?.synonyms ?? [:])
            }
            do { try (value as? any Configuration)?.validate() } catch let error as ConfigurationError {
                throw error.within(path)
            }
            return value
        } catch let error as ConfigurationError {
            throw error
        } catch let error as DecodingError {
            throw ConfigurationError(error, at: path)
        } catch {
            throw ConfigurationError.of(path, "\(error)")
        }
    }

    func mismatch(_ expected: String, at path: [AnyCodingKey]) -> ConfigurationError {
        let found =
            switch self {
            case .null: "nothing"
            case .string(let text): "'\(text)'"
            default: text
            }
        return .of(path, "expected \(expected), found \(found)")
    }

    /// How a type of a few words spells each; nil of any other type.
    private static func words(of type: Any.Type) -> [String]? {
        func words<Few: CaseIterable>(_ type: Few.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        guard let few = type as? any CaseIterable.Type else { return nil }
        let words = words(few)
        return words.isEmpty ? nil : words
    }

    private func check(_ words: [String], at path: [AnyCodingKey]) throws(ConfigurationError) {
        guard case .string(let word) = self else {
            throw mismatch("one of \(words.joined(separator: ", "))", at: path)
        }
        if !words.contains(word) {
            throw .of(path, Spelling.complaint(unknown: "value", word, valid: words))
        }
    }
}

/// Answers a type's own decoding from a value and from defaults, and keeps count of the keys that were asked for.
struct ConfigDecoder: Decoder {
    let value: ConfigValue
    let path: [AnyCodingKey]
    /// Of a value whose properties stand for keys that are not said.
    let defaults: Mirror?
    let required: [String]
    /// By key, the property of ``defaults`` where the two are not named alike.
    var properties: [String: String] = [:]
    let asked = AskedKeys()

    final class AskedKeys {
        /// Nil until somebody asks by key.
        var names: [String]?
    }

    var codingPath: [any CodingKey] { path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func fields() throws(ConfigurationError) -> [String: ConfigValue] {
        guard case .mapping(let fields) = value else { throw value.mismatch("keys and values", at: path) }
        return fields
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        asked.names = asked.names ?? []
        return KeyedDecodingContainer(KeyedContainer(decoder: self, fields: try fields()))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let values) = value else { throw value.mismatch("a list", at: path) }
        return ListContainer(values: values, path: path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleContainer(decoder: self) }

    /// - Throws: ``ConfigurationError`` that names every key that was not asked for.
    func refuseUnknownKeys(synonyms: [String: String]) throws(ConfigurationError) {
        guard case .mapping(let fields) = value else { return }
        let names = asked.names ?? []
        let known = Set(names.map(\.camelCased))
        let unknown = fields.keys.sorted().filter { !known.contains($0.camelCased) }
        guard let first = unknown.first else { return }
        throw ConfigurationError(
            at: path + [AnyCodingKey(first)],
            Spelling.complaint(unknown: "key", unknown, valid: names.map(\.hyphenated), synonyms: synonyms))
    }
}

private struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ConfigDecoder
    let fields: [String: ConfigValue]

    var codingPath: [any CodingKey] { decoder.path }

    var allKeys: [Key] {
        let keys = fields.keys.sorted().compactMap { Key(stringValue: $0) }
        decoder.asked.names? += keys.map(\.stringValue)
        return keys
    }

    func contains(_ key: Key) -> Bool { given(key) != nil || self.standard(key) != nil }

    func decodeNil(forKey key: Key) -> Bool { given(key)?.value == .null }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let standard = self.standard(key) as? Value
        if let (name, value) = given(key), value != .null || standard == nil {
            return try value.decode(type, at: decoder.path + [AnyCodingKey(name)], over: standard)
        }
        if let standard { return standard }
        throw missing(key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        guard let (name, value) = given(key) else { throw missing(key) }
        return ConfigDecoder(value: value, path: decoder.path + [AnyCodingKey(name)], defaults: nil, required: [])
    }

    /// What was said for the key, spelled as the property or by words joined with hyphens.
    private func given(_ key: Key) -> (name: String, value: ConfigValue)? {
        let name = key.stringValue
        if decoder.asked.names?.contains(name) == false { decoder.asked.names?.append(name) }
        if let value = fields[name] { return (name, value) }
        let property = name.camelCased
        return fields.first { $0.key.camelCased == property }.map { ($0.key, $0.value) }
    }

    /// The default of the key's property; nil where there is none, or where it is nil.
    private func standard(_ key: Key) -> Any? {
        let property = key.stringValue.camelCased
        guard let defaults = decoder.defaults, !decoder.required.contains(where: { $0.camelCased == property })
        else { return nil }
        // A property that is true or false has `is` in front, its key has not.
        let others = [
            decoder.properties[property] ?? property, "is" + property.prefix(1).uppercased() + property.dropFirst(),
        ]
        guard let value = defaults.children.first(where: { $0.label.map(others.contains) ?? false })?.value
        else { return nil }
        let mirror = Mirror(reflecting: value)
        return mirror.displayStyle == .optional ? mirror.children.first?.value : value
    }

    /// A key that must be there was not; it may have been misspelled.
    private func missing(_ key: Key) -> ConfigurationError {
        let asked = Set((decoder.asked.names ?? []).map(\.camelCased))
        let name = key.stringValue.hyphenated
        let others = fields.keys.sorted().filter { !asked.contains($0.camelCased) }
        if let misspelled = others.first(where: { $0.nearest(in: [name]) != nil }) {
            return ConfigurationError(
                at: decoder.path + [AnyCodingKey(misspelled)],
                "unknown key '\(misspelled)': did you mean '\(name)'?")
        }
        var error = ConfigurationError.of(decoder.path, "'\(name)' is missing")
        error.path.append(AnyCodingKey(name))
        return error
    }
}

private struct ListContainer: UnkeyedDecodingContainer {
    let values: [ConfigValue]
    let path: [AnyCodingKey]
    var currentIndex = 0

    var codingPath: [any CodingKey] { path }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex == values.count }

    mutating func decodeNil() throws -> Bool {
        guard try next() == .null else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value = try next().decode(type, at: path + [AnyCodingKey(currentIndex)])
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { try superDecoder().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        defer { currentIndex += 1 }
        return ConfigDecoder(
            value: try next(), path: path + [AnyCodingKey(currentIndex)], defaults: nil, required: [])
    }

    private func next() throws -> ConfigValue {
        guard !isAtEnd else { throw ConfigurationError.of(path, "expected more than \(values.count) entries") }
        return values[currentIndex]
    }
}

private struct SingleContainer: SingleValueDecodingContainer {
    let decoder: ConfigDecoder

    var codingPath: [any CodingKey] { decoder.path }

    func decodeNil() -> Bool { decoder.value == .null }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.value.decode(type, at: decoder.path)
    }
}

internal import Configuration
internal import Foundation
internal import MarqueeRuntime

/// The settings as text from their three places, read by type.
struct ConfigurationValues {
    private let reader: ConfigReader
    let settings: SettingTexts
    private typealias Origin = SettingTexts.Origin

    /// - Parameters:
    ///   - file: a YAML file, nil for none.
    ///   - environment: of which the variables with ``Setting/environmentPrefix`` count.
    ///   - flags: values by key.
    /// - Throws: `ConfigurationError` for a file that cannot be read and for keys that are not there; `FileError`.
    init(file: URL?, environment: [String: String], flags: [String: String]) throws {
        var origins: [String: Origin] = [:]
        for key in flags.keys.sorted() {
            guard Setting.keys.contains(key) else {
                throw ConfigurationError(file: "the command line", Self.unknown(key))
            }
            origins[key] = Origin(place: "the command line")
        }
        let variables = try Self.variables(environment)
        for (key, variable) in variables { origins[key] = origins[key] ?? Origin(place: variable.name) }
        let written = try file.map { try Self.written($0) } ?? [:]
        for (key, value) in written { origins[key] = origins[key] ?? value.origin }
        let standards = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.key, $0.standard) })
        // The strongest first.
        let places = [flags, variables.mapValues { $0.value }, written.mapValues { $0.text }, standards]
        reader = ConfigReader(providers: places.map(Self.provider))
        settings = SettingTexts(
            texts: places.reduce(into: [:]) { texts, place in texts.merge(place) { stronger, _ in stronger } },
            origins: origins)
    }

    /// The environment's variables by key.
    private static func variables(
        _ environment: [String: String]
    ) throws(ConfigurationError) -> [String: (name: String, value: String)] {
        let keys = Dictionary(
            Setting.all.map { ($0.environmentName, $0.key) }, uniquingKeysWith: { first, _ in first })
        var variables: [String: (name: String, value: String)] = [:]
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(Setting.environmentPrefix) else { continue }
            let rest = String(name.dropFirst(Setting.environmentPrefix.count))
            if Setting.otherVariables.contains(rest) { continue }
            guard let key = keys[rest] else {
                throw ConfigurationError(
                    Spelling.complaint(
                        unknown: "environment variable", name,
                        valid: keys.keys.map { Setting.environmentPrefix + $0 }))
            }
            variables[key] = (name, value)
        }
        return variables
    }

    /// What a file says by key, as text; lists are separated by commas.
    private static func written(_ file: URL) throws -> [String: (text: String, origin: Origin)] {
        var document = try ConfigDocument(contentsOf: file)
        document.file = file.path
        if document.value == .null { return [:] }
        var written: [String: (text: String, origin: Origin)] = [:]
        func read(_ value: MarqueeRuntime.ConfigValue, at path: [AnyCodingKey]) throws {
            let key = path.map(\.stringValue).joined(separator: ".")
            if !Setting.nested.contains(key), case .mapping(let fields) = value {
                for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
                    try read(value, at: path + [AnyCodingKey(name)])
                }
                return
            }
            guard Setting.keys.contains(key) else {
                throw document.located(ConfigurationError(at: path, unknown(key)))
            }
            guard let text = Self.text(value, isNested: Setting.nested.contains(key)) else { return }
            written[key] = (text, Origin(place: file.path, line: document.line(of: path)))
        }
        try read(document.value, at: [])
        return written
    }

    /// As the environment would spell a value; nil where the file says none.
    private static func text(_ value: MarqueeRuntime.ConfigValue, isNested: Bool) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text
        case .list(let values) where !isNested:
            values.compactMap { Self.text($0, isNested: false) }.joined(separator: ",")
        default: value.text
        }
    }

    private static func unknown(_ key: String) -> String {
        Spelling.complaint(unknown: "key", key, valid: Array(Setting.keys))
    }

    func string(_ key: String) throws -> String {
        try read(key, "a text") { try reader.requiredString(forKey: $0) }
    }

    func strings(_ key: String) throws -> [String] {
        try read(key, "a list of texts") { try reader.requiredStringArray(forKey: $0) }.filter { !$0.isEmpty }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int {
        let value = try read(key, "a whole number") { try reader.requiredInt(forKey: $0) }
        guard range.contains(value) else {
            throw unusable(key, "\(value) is not in \(range.lowerBound)…\(range.upperBound)")
        }
        return value
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws -> Double {
        let value = try read(key, "a number") { try reader.requiredDouble(forKey: $0) }
        guard range.contains(value) else {
            throw unusable(key, "\(value) is not in \(range.lowerBound)…\(range.upperBound)")
        }
        return value
    }

    func boolean(_ key: String) throws -> Bool {
        try read(key, "true or false") { try reader.requiredBool(forKey: $0) }
    }

    /// One of a few words.
    func choice<Value: RawRepresentable<String>>(_ key: String, of values: [Value]) throws -> Value {
        let text = try string(key)
        guard let value = Value(rawValue: text) else {
            throw unusable(key, Spelling.complaint(unknown: "value", text, valid: values.map(\.rawValue)))
        }
        return value
    }

    /// A value that is YAML of its own.
    func nested<Value: Decodable>(_ key: String, _ type: Value.Type) throws -> Value {
        let text = try string(key)
        do { return try ConfigDocument(yaml: text, file: key).decode(type) } catch { throw unusable(key, error.reason) }
    }

    func unusable(_ key: String, _ reason: String) -> ConfigurationError {
        settings.unusable(key, reason)
    }

    private func read<Value>(_ key: String, _ wanted: String, _ get: (ConfigKey) throws -> Value) throws -> Value {
        do { return try get(ConfigKey(key.split(separator: ".").map(String.init))) } catch {
            throw unusable(key, "it must be \(wanted)")
        }
    }

    /// Texts by key. The library's environment provider reads numbers and lists out of texts.
    private static func provider(_ values: [String: String]) -> EnvironmentVariablesProvider {
        let names = Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.key, $0.environmentName) })
        return EnvironmentVariablesProvider(
            environmentVariables: Dictionary(
                uniqueKeysWithValues: values.compactMap { key, value in names[key].map { ($0, value) } }))
    }
}

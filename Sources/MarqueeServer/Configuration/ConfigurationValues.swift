internal import Configuration
internal import Foundation
internal import MarqueeRuntime
internal import Yams

/// The settings as text from their three places, read by type.
struct ConfigurationValues {
    private let reader: ConfigReader
    /// Where a key was set, for errors.
    private let origins: [String: String]

    /// - Parameters:
    ///   - file: a YAML file, nil for none.
    ///   - environment: of which the variables with ``Setting/environmentPrefix`` count.
    ///   - flags: values by key.
    /// - Throws: ``ConfigurationError`` for a file that cannot be read and for keys that are not there.
    init(file: URL?, environment: [String: String], flags: [String: String]) throws {
        let known = Set(Setting.all.map(\.key))
        var origins: [String: String] = [:]
        var providers: [any ConfigProvider] = []

        for key in flags.keys.sorted() {
            guard known.contains(key) else { throw ConfigurationError.unknownKey(key, in: "the command line") }
            origins[key] = "the command line"
        }
        providers.append(Self.provider(flags))

        let byVariable = Dictionary(
            Setting.all.map { ($0.environmentName, $0.key) }, uniquingKeysWith: { first, _ in first })
        var variables: [String: String] = [:]
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Setting.environmentPrefix)
        {
            let rest = String(name.dropFirst(Setting.environmentPrefix.count))
            if Setting.otherVariables.contains(rest) { continue }
            guard let key = byVariable[rest] else { throw ConfigurationError.unknownVariable(name) }
            variables[key] = value
            origins[key] = origins[key] ?? name
        }
        providers.append(Self.provider(variables))

        if let file {
            let text: String
            do { text = try String(contentsOf: file, encoding: .utf8) } catch {
                throw ConfigurationError.unreadable(file.path, reason: "no such file, or not UTF-8 text")
            }
            do {
                let root = try Self.flattened(Yams.compose(yaml: text) ?? Node([:]))
                for key in Self.keys(root, at: "").sorted() {
                    guard known.contains(key) else { throw ConfigurationError.unknownKey(key, in: file.path) }
                    origins[key] = origins[key] ?? file.path
                }
                let flat = Array(try Yams.serialize(node: root).utf8)
                let snapshot = try YAMLSnapshot(
                    data: flat.span.bytes, providerName: file.path, parsingOptions: .default)
                providers.append(FileValues(values: snapshot))
            } catch let error as ConfigurationError {
                throw error
            } catch {
                throw ConfigurationError.unreadable(file.path, reason: "\(error)".replacing("\n", with: " "))
            }
        }
        providers.append(Self.provider(Dictionary(uniqueKeysWithValues: Setting.all.map { ($0.key, $0.standard) })))
        reader = ConfigReader(providers: providers)
        self.origins = origins
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
        do { return try YAMLDecoder().decode(type, from: text) } catch let error as DecodingError {
            let reason =
                switch error {
                case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
                    .valueNotFound(_, let context):
                    context.debugDescription
                @unknown default: "\(error)"
                }
            throw unusable(key, reason)
        } catch {
            throw unusable(key, "\(error)")
        }
    }

    func unusable(_ key: String, _ reason: String) -> ConfigurationError {
        .unusable(key: key, reason: origins[key].map { "\(reason) (set by \($0))" } ?? reason)
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

    /// The file with what ``Setting/nested`` names as one text each.
    private static func flattened(_ root: Node) throws -> Node {
        guard var mapping = root.mapping else { return root }
        for name in Setting.nested {
            guard let value = mapping[Node(name)], value.scalar == nil else { continue }
            mapping[Node(name)] = Node(try Yams.serialize(node: value))
        }
        return .mapping(mapping)
    }

    /// The paths of all leaves: `server.port`.
    private static func keys(_ node: Node?, at path: String) -> [String] {
        guard let mapping = node?.mapping else { return path.isEmpty ? [] : [path] }
        return mapping.flatMap { key, value in
            keys(value, at: (path.isEmpty ? "" : "\(path).") + (key.string ?? "?"))
        }
    }
}

/// The values of a file that has been read already: the library's own provider of files reads
/// asynchronously, and once more.
private struct FileValues: ConfigProvider {
    let values: YAMLSnapshot
    var providerName: String { values.providerName }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        try values.value(forKey: key, type: type)
    }
    func fetchValue(forKey key: AbsoluteConfigKey, type: ConfigType) async throws -> LookupResult {
        try value(forKey: key, type: type)
    }
    func watchValue<Return: ~Copyable>(
        forKey key: AbsoluteConfigKey, type: ConfigType,
        updatesHandler:
            nonisolated(nonsending) (ConfigUpdatesAsyncSequence<Result<LookupResult, any Error>, Never>) async throws ->
            Return
    ) async throws -> Return {
        try await watchValueFromValue(forKey: key, type: type, updatesHandler: updatesHandler)
    }
    func snapshot() -> any ConfigSnapshot { values }
    func watchSnapshot<Return: ~Copyable>(
        updatesHandler:
            nonisolated(nonsending) (ConfigUpdatesAsyncSequence<any ConfigSnapshot, Never>) async throws -> Return
    ) async throws -> Return {
        try await watchSnapshotFromSnapshot(updatesHandler: updatesHandler)
    }
}

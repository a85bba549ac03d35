public import Foundation
internal import Yams

/// A configuration's text in YAML, with what it says and where it says it.
public struct ConfigDocument {
    /// How errors call the source.
    public var file: String
    /// All that the text says; null when it says nothing.
    public var value: ConfigValue
    private let root: Node?

    /// - Parameter file: how errors call the source: a file's name, or an option such as `--split`.
    /// - Throws: ``ConfigurationError`` with its line for what is not YAML.
    public init(yaml: String, file: String) throws(ConfigurationError) {
        self.file = file
        do {
            root = try Yams.compose(yaml: yaml)
            value = try root.map { try ConfigValue($0) } ?? .null
        } catch let error as YamlError {
            throw ConfigurationError(file: file, error)
        } catch let error as ConfigurationError {
            throw ConfigurationError(file: file, line: error.line, error.reason)
        } catch {
            throw ConfigurationError(file: file, "not valid YAML: \(error)")
        }
    }

    /// - Throws: `FileError`, or ``ConfigurationError`` as ``init(yaml:file:)``.
    public init(contentsOf url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        let text: String
        do { text = try String(contentsOf: url, encoding: .utf8) } catch {
            throw FileError.cannotRead(url.path, reason: "it is not a UTF-8 text")
        }
        try self.init(yaml: text, file: url.lastPathComponent)
    }

    /// The value as a `Value`; see ``ConfigValue/decode(_:at:over:)``.
    /// - Throws: ``ConfigurationError`` with file and line.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, over defaults: Value? = nil
    ) throws(ConfigurationError) -> Value {
        do { return try value.decode(type, over: defaults) } catch { throw located(error) }
    }

    /// The error with file and line.
    public func located(_ error: ConfigurationError) -> ConfigurationError {
        var error = error
        error.file = file
        error.line = line(of: error.path)
        return error
    }

    /// The keys of the mapping at a path, in the order of the text.
    public func keys(of path: [AnyCodingKey]) -> [String] {
        var node = root
        for key in path { node = node?.mapping?.first { $0.key.string == key.stringValue }?.value }
        return node?.mapping?.compactMap(\.key.string) ?? []
    }

    /// The line, counted from 1, of the deepest key of a path that is there.
    public func line(of path: [AnyCodingKey]) -> Int? {
        guard var node = root else { return nil }
        var line = node.mark?.line
        for key in path {
            if let sequence = node.sequence {
                guard let index = key.intValue, sequence.indices.contains(index) else { break }
                node = sequence[index]
                line = node.mark?.line ?? line
            } else if let pair = node.mapping?.first(where: { $0.key.string == key.stringValue }) {
                node = pair.value
                line = pair.key.mark?.line ?? line
            } else if key.intValue == nil {
                break
            }
        }
        return line
    }
}

extension ConfigValue {
    fileprivate init(_ node: Node) throws {
        switch node {
        case .scalar(let scalar): self.init(scalar)
        case .sequence(let sequence): self = .list(try sequence.map { try ConfigValue($0) })
        case .mapping(let mapping):
            var fields: [String: ConfigValue] = [:]
            for (key, value) in mapping {
                guard let name = key.string else {
                    throw ConfigurationError(line: key.mark?.line, "a key is a text; put lists and mappings behind it")
                }
                fields[name] = try ConfigValue(value)
            }
            self = .mapping(fields)
        case .alias(let alias):
            throw ConfigurationError(line: alias.mark?.line, "nothing is called '*\(alias.anchor.rawValue)'")
        }
    }

    /// What is in quotes is a text.
    private init(_ scalar: Node.Scalar) {
        let text = scalar.string
        guard scalar.style == .plain || scalar.style == .any else {
            self = .string(text)
            return
        }
        // Numbers begin like one: neither `nan` nor a moment such as 12:30 is.
        let isNumeric = text.first.map { "+-.0123456789".contains($0) } ?? false && !text.contains(":")
        if text.isEmpty || text == "~" || text.lowercased() == "null" {
            self = .null
        } else if let value = Bool.construct(from: scalar) {
            self = .bool(value)
        } else if isNumeric, let value = Int.construct(from: scalar) {
            self = .integer(value)
        } else if isNumeric, let value = Double.construct(from: scalar) {
            self = .number(value)
        } else {
            self = .string(text)
        }
    }
}

extension ConfigurationError {
    fileprivate init(file: String, _ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                file: file, line: mark.line,
                "not valid YAML: \(problem); check brackets, colons and indentation")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            self.init(file: file, line: context.mark.line, "\(names) given twice; keep one")
        default: self.init(file: file, "not valid YAML: \(error)")
        }
    }
}

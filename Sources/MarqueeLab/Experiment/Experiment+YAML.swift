public import Foundation
internal import MarqueeModels
internal import MarqueeRuntime
internal import Yams

extension Experiment {
    /// Reads an experiment's file.
    /// - Throws: ``ExperimentError`` naming file, line and what would be right; `FileError`.
    public init(contentsOf url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        let text: String
        do { text = try String(contentsOf: url, encoding: .utf8) } catch {
            throw FileError.cannotRead(url.path, reason: "it is not a UTF-8 text")
        }
        try self.init(yaml: text, file: url.lastPathComponent)
    }

    /// Reads an experiment; `file` is how errors call its source.
    public init(yaml: String, file: String) throws {
        let root: Node
        do {
            guard let node = try Yams.compose(yaml: yaml) else {
                throw ExperimentError(
                    file: file, line: nil, reason: "the file is empty; an experiment needs data and models")
            }
            root = node
        } catch let error as YamlError {
            throw ExperimentError(file: file, error)
        }
        guard root.mapping != nil else {
            throw ExperimentError(file: file, line: 1, reason: "expected keys such as 'data:' and 'models:'")
        }
        do {
            let name = (file as NSString).deletingPathExtension
            self = try YAMLDecoder().decode(Experiment.self, from: root, userInfo: [.experimentName: name])
        } catch let error as DecodingError {
            throw ExperimentError(file: file, error, in: root)
        }
    }

    /// As a file, everything spelled out, defaults included.
    public func yaml() throws -> String {
        func value(_ part: some Encodable) throws -> ConfigValue {
            try JSONDecoder().decode(ConfigValue.self, from: JSONEncoder().encode(part))
        }
        var lines = ["name:     \(ConfigValue.string(name).text)"]
        if !about.isEmpty { lines.append("about:    \(ConfigValue.string(about).text)") }
        lines += [
            "data:     \(try value(data).text)",
            "prepare:  \(try value(prepare).text)",
            "split:    \(try value(split).text)",
        ]
        lines +=
            evaluate.count == 1
            ? ["evaluate: \(try value(evaluate[0]).text)"]
            : ["evaluate:"] + (try evaluate.map { "  - \(try value($0).text)" })
        lines.append("models:")
        lines += try models.map { "  - \(try value($0).text)" }
        lines += ["seeds:    \(try value(seeds).text)", "refit:    \(refit)"]
        if !tables.isEmpty { lines += ["tables:"] + (try tables.map { "  - \(try value($0).text)" }) }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// An experiment's file does not say what one must.
public struct ExperimentError: Error, Equatable, CustomStringConvertible {
    public let file: String
    /// Counted from 1.
    public let line: Int?
    public let reason: String

    public init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    public var description: String { "\(file)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

extension ExperimentError {
    init(file: String, _ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                file: file, line: mark.line,
                reason: "not valid YAML: \(problem); check brackets, colons and indentation")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            self.init(file: file, line: context.mark.line, reason: "\(names) given twice; keep one")
        default:
            self.init(file: file, line: nil, reason: "not valid YAML: \(error)")
        }
    }

    init(file: String, _ error: DecodingError, in root: Node) {
        let context: DecodingError.Context
        var reason: String
        var path: [any CodingKey]
        switch error {
        case .typeMismatch(let type, let found): (context, reason) = (found, "expected \(Self.article(type))")
        case .valueNotFound(let type, let found):
            (context, reason) = (found, "expected \(Self.article(type)), found nothing")
        case .keyNotFound(let key, let found): (context, reason) = (found, "'\(key.stringValue)' is missing")
        case .dataCorrupted(let found): (context, reason) = (found, found.debugDescription)
        @unknown default: (context, reason) = (.init(codingPath: [], debugDescription: ""), "\(error)")
        }
        path = context.codingPath
        if case .typeMismatch = error {
            let scalar = root.node(at: path)?.scalar.map { ", found '\($0.string)'" } ?? ""
            let keys = path.compactMap { $0.intValue == nil ? $0.stringValue : nil }.joined(separator: ".")
            reason = (keys.isEmpty ? "" : "\(keys): ") + reason + scalar
        }
        self.init(file: file, line: root.line(of: path), reason: reason)
    }

    private static func article(_ type: Any.Type) -> String {
        switch type {
        case is Int.Type, is UInt64.Type, is Int32.Type: "a whole number"
        case is Double.Type, is Float.Type: "a number"
        case is Bool.Type: "true or false"
        case is String.Type: "a text"
        default: "\(type)".hasPrefix("Array") || "\(type)".contains("Sequence") ? "a list" : "keys and values"
        }
    }
}

extension Node {
    /// The node at a coding path, nil when there is none.
    fileprivate func node(at path: [any CodingKey]) -> Node? {
        var node = self
        for key in path {
            if let sequence = node.sequence, let index = key.intValue, sequence.indices.contains(index) {
                node = sequence[index]
            } else if let value = node.mapping?.first(where: { $0.key.string == key.stringValue })?.value {
                node = value
            } else {
                return nil
            }
        }
        return node
    }

    /// The line of the deepest key of a coding path that is there.
    fileprivate func line(of path: [any CodingKey]) -> Int? {
        var node = self
        var line = mark?.line
        for key in path {
            if let sequence = node.sequence, let index = key.intValue, sequence.indices.contains(index) {
                node = sequence[index]
                line = node.mark?.line ?? line
            } else if let pair = node.mapping?.first(where: { $0.key.string == key.stringValue }) {
                node = pair.value
                line = pair.key.mark?.line ?? line
            } else {
                break
            }
        }
        return line
    }
}

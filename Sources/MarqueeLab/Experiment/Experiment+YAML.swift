public import Foundation
internal import MarqueeRuntime

extension Experiment {
    /// Reads an experiment's file.
    /// - Throws: `ConfigurationError` naming file, line and what would be right; `FileError`.
    public init(contentsOf url: URL) throws { try self.init(ConfigDocument(contentsOf: url)) }

    /// Reads an experiment; `file` is how errors call its source.
    public init(yaml: String, file: String) throws { try self.init(ConfigDocument(yaml: yaml, file: file)) }

    private init(_ document: ConfigDocument) throws {
        guard document.value != .null else {
            throw ConfigurationError(file: document.file, "the file is empty; an experiment needs data and models")
        }
        guard case .mapping(var fields) = document.value else {
            throw ConfigurationError(file: document.file, line: 1, "expected keys such as 'data:' and 'models:'")
        }
        fields["evaluate"] = fields["evaluate"].map(Self.protocols)
        var document = document
        document.value = .mapping(fields)
        let name = (document.file as NSString).deletingPathExtension
        self = try document.decode(over: Experiment(name: name, data: .defaults, models: []))
    }

    /// One protocol, or a list of them, each but the first taking from the first what it does not say.
    private static func protocols(_ value: ConfigValue) -> ConfigValue {
        guard case .list(var protocols) = value else { return value == .null ? value : [value] }
        guard case .mapping(var standard)? = protocols.first else { return value }
        standard["name"] = nil
        standard["domain"] = nil
        for index in protocols.indices.dropFirst() {
            guard case .mapping(let own) = protocols[index] else { continue }
            protocols[index] = .mapping(standard.merging(own) { $1 })
        }
        return .list(protocols)
    }

    /// As a file, everything spelled out, defaults included.
    public func yaml() throws -> String {
        func value(_ part: some Encodable) throws -> ConfigValue { try ConfigValue(encoding: part).hyphenated }
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
        lines.append("validate: \(try value(validation).text)")
        lines.append("models:")
        lines += try models.map { "  - \(try ConfigValue(encoding: $0).text)" }
        lines += ["seeds:    \(try value(seeds).text)", "refit:    \(refit)"]
        if !tables.isEmpty { lines += ["tables:"] + (try tables.map { "  - \(try value($0).text)" }) }
        return lines.joined(separator: "\n") + "\n"
    }
}

internal import Foundation

extension ConfigValue {
    /// This value with the one at a dotted key, `train.epochs`, replaced or added.
    package func setting(_ key: String, to value: ConfigValue) -> ConfigValue {
        var fields: [String: ConfigValue] = [:]
        if case .mapping(let own) = self { fields = own }
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard let head = parts.first else { return self }
        // Resolved configurations spell keys as properties; a hyphenated key means the same one.
        let property = fields.keys.first {
            $0.caseInsensitiveCompare(head.replacingOccurrences(of: "-", with: "")) == .orderedSame
        }
        fields[property ?? head] =
            parts.count == 1 ? value : (fields[property ?? head] ?? .mapping([:])).setting(parts[1], to: value)
        return .mapping(fields)
    }

    /// The value at a dotted key, nil when there is none.
    package subscript(dotted key: String) -> ConfigValue? {
        guard case .mapping(let fields) = self else { return nil }
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard let head = parts.first, let value = fields[head] else { return nil }
        return parts.count == 1 ? value : value[dotted: parts[1]]
    }

    /// With the keys as YAML spells them: `unobserved-weight`.
    package var hyphenated: ConfigValue {
        if case .list(let values) = self { return .list(values.map(\.hyphenated)) }
        guard case .mapping(let fields) = self else { return self }
        return .mapping(
            Dictionary(
                uniqueKeysWithValues: fields.map { key, value in (key.hyphenated, value.hyphenated) }))
    }

    /// As YAML writes it in one line.
    package var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value.yaml
        case .list(let values): "[" + values.map(\.text).joined(separator: ", ") + "]"
        case .mapping(let fields):
            fields.isEmpty
                ? "{}"
                : "{ " + fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }.joined(separator: ", ")
                    + " }"
        }
    }
}

extension String {
    /// `unobserved-weight` → `unobservedWeight`.
    var camelCased: String {
        let words = split(separator: "-")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `unobservedWeight` → `unobserved-weight`; a name that begins with a capital, `UserId`, is spelled as it is.
    var hyphenated: String {
        if first?.isUppercase == true { return self }
        return reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }

    /// As a YAML scalar: bare where it cannot be taken for anything else, else quoted as in JSON.
    fileprivate var yaml: String {
        let isBare = wholeMatch(of: /[A-Za-z\/][A-Za-z0-9 _.\/@+-]*/) != nil && !hasSuffix(" ")
        guard
            !isBare
                || ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"].contains(lowercased())
        else {
            return self
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

internal import Foundation

/// A configuration as YAML or JSON spells it, before it has a type.
public enum ConfigValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([ConfigValue])
    case mapping([String: ConfigValue])
}

extension ConfigValue: Codable {
    /// - Precondition: of other decoders only those that tell texts from numbers, as Foundation's of JSON does;
    ///   YAML is read by ``ConfigDocument``.
    public init(from decoder: any Decoder) throws {
        if let own = decoder as? ConfigDecoder {
            self = own.value
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([ConfigValue].self) {
            self = .list(value)
        } else {
            self = .mapping(try container.decode([String: ConfigValue].self))
        }
    }

    /// What `value` encodes: every key with its value.
    public init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(ConfigValue.self, from: JSONEncoder().encode(value))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .mapping(let values): try container.encode(values)
        }
    }
}

extension ConfigValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    public init(dictionaryLiteral elements: (String, ConfigValue)...) {
        self = .mapping(Dictionary(elements) { _, last in last })
    }
    public init(arrayLiteral elements: ConfigValue...) { self = .list(elements) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

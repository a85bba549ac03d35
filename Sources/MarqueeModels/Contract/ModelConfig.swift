internal import Foundation
internal import MarqueeRuntime

/// The configuration of a model: a struct of values with defaults for everything.
///
/// Its properties are the keys of a YAML, words joined by hyphens: `unobservedWeight` is written
/// `unobserved-weight`. A mapping is laid over the defaults; a key that no property has is an error.
public protocol ModelConfig: Codable, Sendable, Equatable {
    init()

    /// What makes these values unusable, such as `neighbors must be at least 1`; nil when nothing does.
    var problem: String? { get }

    /// What learns from a dozen users and items within a second: for tests, and for trying a model out. The defaults
    /// unless a configuration says otherwise.
    static var tiny: Self { get }
}

extension ModelConfig {
    public static var tiny: Self { Self() }

    /// The defaults, some of them changed.
    public init(_ change: (inout Self) -> Void) {
        self.init()
        change(&self)
    }
    public var problem: String? { nil }

    /// Reads a mapping strictly, for the model named `model`.
    /// - Throws: ``ModelError/badConfig(model:reason:)`` that names the key and, for an unknown one,
    ///   the nearest valid one.
    public init(_ value: ConfigValue, model: String) throws {
        let defaults = Self()
        do {
            let merged = try defaults.value().overlaid(by: value, mirror: Mirror(reflecting: defaults), path: "")
            self = try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(merged))
        } catch let error as ConfigFailure {
            throw ModelError.badConfig(model: model, reason: error.reason)
        } catch let error as DecodingError {
            throw ModelError.badConfig(model: model, reason: error.configReason)
        }
        if let problem { throw ModelError.badConfig(model: model, reason: problem) }
    }

    /// Every key with its value.
    public func value() throws -> ConfigValue {
        try JSONDecoder().decode(ConfigValue.self, from: JSONEncoder().encode(self))
    }
}

private struct ConfigFailure: Error {
    let reason: String
}

extension ConfigValue {
    /// This value with the keys of `other` in place of its own; `mirror` tells which keys there are,
    /// those whose default is nil included.
    fileprivate func overlaid(by other: ConfigValue, mirror: Mirror, path: String) throws -> ConfigValue {
        if case .null = other, path.isEmpty { return self }
        guard case .mapping(var merged) = self, mirror.displayStyle == .struct else {
            if let valid = mirror.texts, !valid.contains(where: { .string($0) == other }) {
                throw ConfigFailure(reason: "\(path.dropLast()): expected one of \(valid.joined(separator: ", "))")
            }
            let whole: [Any.Type] = [Int.self, Int?.self, [Int].self]
            if let fraction = other.fraction, whole.contains(where: { $0 == mirror.subjectType }) {
                throw ConfigFailure(reason: "\(path.dropLast()): expected a whole number, found \(fraction)")
            }
            return other
        }
        guard case .mapping(let given) = other else {
            throw ConfigFailure(reason: path.isEmpty ? "expected keys and values" : "\(path): expected keys and values")
        }
        let properties = Dictionary(
            mirror.children.compactMap { child in child.label.map { ($0, child.value) } }
        ) { first, _ in first }
        for (key, value) in given {
            let name = key.camelCased
            guard let property = properties[name] else {
                let keys = properties.keys.map(\.hyphenated).sorted()
                let nearest = key.nearest(in: keys).map { "; did you mean '\($0)'?" }
                let valid = keys.isEmpty ? "; it has none" : "; valid keys: \(keys.joined(separator: ", "))"
                throw ConfigFailure(reason: "unknown key '\(path)\(key)'" + (nearest ?? valid))
            }
            guard let old = merged[name] else {
                merged[name] = value
                continue
            }
            merged[name] = try old.overlaid(by: value, mirror: Mirror(reflecting: property), path: "\(path)\(key).")
        }
        return .mapping(merged)
    }
}

extension ConfigValue {
    /// The first number in it that is not whole, which the decoder of a whole one would not name.
    fileprivate var fraction: Double? {
        switch self {
        case .number(let number): number == number.rounded() ? nil : number
        case .list(let values): values.lazy.compactMap(\.fraction).first
        default: nil
        }
    }
}

extension Mirror {
    /// Of a value that is one of a few: how a configuration spells each.
    fileprivate var texts: [String]? {
        func texts<Few: CaseIterable>(_ type: Few.Type) -> [String] {
            type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        return (subjectType as? any CaseIterable.Type).map { texts($0) }
    }
}

extension String {
    /// `unobserved-weight` → `unobservedWeight`.
    fileprivate var camelCased: String {
        let words = split(separator: "-")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// `unobservedWeight` → `unobserved-weight`.
    fileprivate var hyphenated: String {
        reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }
}

extension DecodingError {
    /// `neighbors: expected Int`, without Foundation's prose.
    fileprivate var configReason: String {
        func place(_ context: Context) -> String {
            context.codingPath.map(\.stringValue.hyphenated).joined(separator: ".")
        }
        switch self {
        case .typeMismatch(let type, let context): return "\(place(context)): expected a value of type \(type)"
        case .valueNotFound(let type, let context):
            return "\(place(context)): expected a value of type \(type), found none"
        case .keyNotFound(let key, let context): return "\(place(context)): '\(key.stringValue)' is missing"
        case .dataCorrupted(let context): return "\(place(context)): \(context.debugDescription)"
        @unknown default: return "\(self)"
        }
    }
}

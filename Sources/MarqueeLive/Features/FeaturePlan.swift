internal import Foundation
internal import MarqueeRuntime

/// What a definition file makes an engine do: the entities, and for each the features with label, kind, statistic and
/// settings. Another engine works by it and never reads the definition file.
///
///     { "version": 1, "plan": "5f1c…", "entities": [
///       { "type": "user,context.category", "fields": ["user", "context.category"], "features": [
///         { "label": "taste#34ffc6af", "kind": "decayed-count", "statistic": "decayed", "events": ["click"],
///           "of": ["click"], "halfLife": 604800000, "where": { "domain": "video" } } ] } ] }
///
/// Durations are whole milliseconds. Entities are in the order of their types, features in that of their labels, event
/// types and conditions in that of their bytes, so that equal definitions give equal plans however their file orders
/// them. Features that store nothing are not in it, nor is what matters at reading alone. `Engines/README.md` says what
/// kinds and statistics mean.
public struct FeaturePlan: Sendable, Equatable, Encodable {
    /// The version of the plan's form.
    public static let formVersion = 1

    public let version: Int
    /// Names the plan: 64 bits of everything in it, in hexadecimal digits.
    public let plan: String
    public let entities: [Entity]

    /// The features of entities that the same fields name.
    public struct Entity: Sendable, Equatable, Encodable {
        /// The fields joined by commas; stores file entities under it.
        public let type: String
        public let fields: [String]
        public let features: [Feature]
    }

    /// One feature that is stored.
    public struct Feature: Sendable, Equatable {
        public let label: String
        public let kind: String
        /// The name of its statistic.
        public let statistic: String
        /// The types of the events that it observes.
        public let events: [String]
        public let settings: [StoredSetting]
        /// Fields of events, and what they must be.
        public let condition: [String: String]
    }

    public init(_ definitions: FeatureDefinitions) {
        version = Self.formVersion
        var features: [String: (fields: [String], features: [Feature])] = [:]
        var signatures: [String] = []
        for definition in definitions.features {
            guard let kind = definition.stored else { continue }
            let fields = definition.entity.map(\.description)
            features[fields.joined(separator: ","), default: (fields, [])].features.append(
                Feature(
                    label: definition.label, kind: type(of: kind).name, statistic: type(of: kind).statistic.name,
                    events: kind.eventTypes.map(\.rawValue).sorted(), settings: kind.storedSettings,
                    condition: Dictionary(uniqueKeysWithValues: definition.condition.map { ("\($0.key)", $0.value) })))
            signatures.append("\(definition.label) \(definition.signature)")
        }
        func isBefore(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
        entities = features.map { type, entity in
            Entity(type: type, fields: entity.fields, features: entity.features.sorted { isBefore($0.label, $1.label) })
        }.sorted { isBefore($0.type, $1.type) }
        let text = signatures.sorted(by: isBefore).joined(separator: "\n")
        plan = String(format: "%016lx", UInt(Array(text.utf8).withUnsafeBytes { ByteHash.hash($0) }))
    }

    /// The plan as JSON, its keys in order: equal plans give equal text.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension FeaturePlan.Feature: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(label, forKey: Key("label"))
        try container.encode(kind, forKey: Key("kind"))
        try container.encode(statistic, forKey: Key("statistic"))
        try container.encode(events, forKey: Key("events"))
        for setting in settings {
            let key = Key(setting.key)
            switch setting.value {
            case .types(let types): try container.encode(types.map(\.rawValue).sorted(), forKey: key)
            case .whole(let number): try container.encode(number, forKey: key)
            case .text(let text): try container.encode(text, forKey: key)
            }
        }
        if !condition.isEmpty { try container.encode(condition, forKey: Key("where")) }
    }
}

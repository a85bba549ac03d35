internal import Foundation
internal import MarqueeRuntime

/// One feature: of which entity, from which events, and what of them.
public struct FeatureDefinition: Sendable, Equatable {
    public let name: String
    /// The fields of an event that name the entity: `[user]`, or `[user, context.category]`.
    public let entity: [EventField]
    public let kind: any FeatureKind
    /// Only events whose fields are these, byte for byte.
    public let condition: [EventField: String]

    public init(name: String, entity: [EventField], kind: any FeatureKind, condition: [EventField: String] = [:]) {
        self.name = name
        self.entity = entity
        self.kind = kind
        self.condition = condition
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.name == b.name && a.entity == b.entity && a.kind.isEqual(to: b.kind) && a.condition == b.condition
    }

    /// Its kind where it keeps a statistic; nil for one that stores nothing.
    public var stored: (any StoredFeatureKind)? { if case .stored(let kind) = kind.role { kind } else { nil } }

    /// Everything that decides what is stored, as text: fields, conditions in the order of their bytes, kind, settings.
    var signature: String {
        var text = entity.map(\.description).joined(separator: ",")
        text += condition.map { "|\($0.key)=\($0.value)" }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined()
        text += "|\(type(of: kind).name)"
        for setting in kind.storedSettings { text += "|\(setting.value)" }
        return text
    }

    /// Names its state in a store: the name, and a hash of everything that decides what is stored, so that
    /// a feature whose definition changes starts anew and every other keeps its state.
    public var label: String {
        let hash = Array(signature.utf8).withUnsafeBytes { ByteHash.hash($0) }
        return "\(name)#" + String(format: "%08x", UInt32(truncatingIfNeeded: hash))
    }

    /// Whether an event's fields are those of ``condition``.
    func accepts(_ event: Event) -> Bool {
        for (field, expected) in condition {
            guard let text = event[field], text.hasSameBytes(as: expected) else { return false }
        }
        return true
    }
}

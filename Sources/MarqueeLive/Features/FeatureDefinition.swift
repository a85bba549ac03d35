internal import Foundation

/// One feature: of which entity, from which events, and what of them.
public struct FeatureDefinition: Sendable, Equatable {
    public let name: String
    /// The fields of an event that name the entity: `[user]`, or `[user, context.category]`.
    public let entity: [EventField]
    public let kind: Kind
    /// Only events whose fields are these.
    public let condition: [EventField: String]

    public enum Kind: Sendable, Equatable {
        case count(of: Set<EventType>)
        case decayedCount(of: Set<EventType>, halfLife: Int64)
        /// Of the events' values.
        case decayedSum(of: Set<EventType>, halfLife: Int64)
        /// Of the newest `buckets` of `width` milliseconds.
        case windowedCount(of: Set<EventType>, width: Int64, buckets: Int64)
        /// (hits + prior · strength) / (trials + strength) over the window; CTR is clicks over impressions.
        case ratio(
            of: Set<EventType>, over: Set<EventType>, width: Int64, buckets: Int64, prior: Double, strength: Double)
        case last(of: Set<EventType>, keep: Int)
        case timeSince(of: Set<EventType>)
        case gazeGrid(columns: Int, rows: Int, halfLife: Int64)
        /// The newest items of the friends' feature `recent`; nothing is stored for it.
        case friends(recent: String, keep: Int)
    }

    public init(name: String, entity: [EventField], kind: Kind, condition: [EventField: String] = [:]) {
        self.name = name
        self.entity = entity
        self.kind = kind
        self.condition = condition
    }

    /// How its statistic is kept; nil for one that stores nothing.
    public var rule: StatisticRule? {
        switch kind {
        case .count: .count
        case .decayedCount(_, let halfLife), .decayedSum(_, let halfLife): .decayed(halfLife: halfLife)
        case .windowedCount(_, let width, let buckets), .ratio(_, _, let width, let buckets, _, _):
            .window(width: width, buckets: buckets)
        case .last(_, let keep): .latest(keep: keep)
        case .timeSince: .instant
        case .gazeGrid(_, _, let halfLife): .grid(halfLife: halfLife)
        case .friends: nil
        }
    }

    /// The events that it observes.
    public var types: Set<EventType> {
        switch kind {
        case .count(let of), .decayedCount(let of, _), .decayedSum(let of, _), .windowedCount(let of, _, _),
            .last(let of, _),
            .timeSince(let of):
            of
        case .ratio(let of, let over, _, _, _, _): of.union(over)
        case .gazeGrid: [.gaze]
        case .friends: []
        }
    }

    /// Names its state in a store: the name, and a hash of everything that decides what is stored, so that
    /// a feature whose definition changes starts anew and every other keeps its state.
    public var label: String {
        var text = entity.map(\.description).joined(separator: ",")
        text += condition.map { "|\($0.key)=\($0.value)" }.sorted().joined()
        func names(_ types: Set<EventType>) -> String { types.map(\.rawValue).sorted().joined(separator: ",") }
        switch kind {
        case .count(let of): text += "|count|\(names(of))"
        case .decayedCount(let of, let halfLife): text += "|decayed-count|\(names(of))|\(halfLife)"
        case .decayedSum(let of, let halfLife): text += "|decayed-sum|\(names(of))|\(halfLife)"
        case .windowedCount(let of, let width, let buckets): text += "|windowed-count|\(names(of))|\(width)|\(buckets)"
        case .ratio(let of, let over, let width, let buckets, _, _):
            text += "|ratio|\(names(of))|\(names(over))|\(width)|\(buckets)"
        case .last(let of, let keep): text += "|last|\(names(of))|\(keep)"
        case .timeSince(let of): text += "|time-since|\(names(of))"
        case .gazeGrid(let columns, let rows, let halfLife): text += "|gaze-grid|\(columns)|\(rows)|\(halfLife)"
        case .friends(let recent, let keep): text += "|friends|\(recent)|\(keep)"
        }
        let hash = Array(text.utf8).withUnsafeBytes { IdHash.hash($0) }
        return "\(name)#" + String(format: "%08x", UInt32(truncatingIfNeeded: hash))
    }

    /// What an event says; nil when it is of no concern.
    public func observation(of event: Event) -> Observation? {
        types.contains(event.type) ? observationOfOwn(event) : nil
    }

    /// The same for an event of one of ``types``.
    func observationOfOwn(_ event: Event) -> Observation? {
        for (field, expected) in condition where event[field] != expected { return nil }
        switch kind {
        case .friends: return nil
        case .count, .decayedCount, .timeSince: return Observation(time: event.time)
        case .last: return Observation(time: event.time, item: event.item)
        case .decayedSum: return Observation(time: event.time, amount: DecayWeight.units(event.value ?? 0))
        case .windowedCount: return Observation(time: event.time, slot: 1)
        case .ratio(let of, let over, _, _, _, _):
            return Observation(
                time: event.time, slot: of.contains(event.type) ? (over.contains(event.type) ? 2 : 1) : 0)
        case .gazeGrid(let columns, let rows, _):
            guard let (x, y) = event.gazePlace else { return nil }
            let column = min(columns - 1, Int(x * Double(columns)))
            let row = min(rows - 1, Int(y * Double(rows)))
            return Observation(
                time: event.time, amount: DecayWeight.units(event.value ?? 1), slot: row * columns + column)
        }
    }
}

/// A field of an event that can name an entity.
public enum EventField: Sendable, Hashable, CustomStringConvertible {
    case user, session, item, domain, type, decision
    case context(String)

    public init?(_ text: String) {
        switch text {
        case "user": self = .user
        case "session": self = .session
        case "item": self = .item
        case "domain": self = .domain
        case "type": self = .type
        case "decision": self = .decision
        default:
            guard text.hasPrefix("context."), text.count > 8 else { return nil }
            self = .context(String(text.dropFirst(8)))
        }
    }

    public var description: String {
        switch self {
        case .user: "user"
        case .session: "session"
        case .item: "item"
        case .domain: "domain"
        case .type: "type"
        case .decision: "decision"
        case .context(let name): "context.\(name)"
        }
    }
}

extension Event {
    /// What a field says; nil when it was not sent.
    public subscript(field: EventField) -> String? {
        switch field {
        case .user: user
        case .session: session
        case .item: item
        case .domain: domain
        case .type: type.rawValue
        case .decision: decision
        case .context(let name): context[name]
        }
    }
}

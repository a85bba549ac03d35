/// A field of an event that can name an entity.
public enum EventField: Sendable, Hashable, CustomStringConvertible {
    case user, session, item, domain, type, decision, query, device
    /// A word of a search's text: the event concerns an entity for each of them. Where items are asked about, a word of
    /// their titles and categories.
    case word
    case context(String)

    public init?(_ text: String) {
        switch text {
        case "user": self = .user
        case "session": self = .session
        case "item": self = .item
        case "domain": self = .domain
        case "type": self = .type
        case "decision": self = .decision
        case "query": self = .query
        case "device": self = .device
        case "word": self = .word
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
        case .query: "query"
        case .device: "device"
        case .word: "word"
        case .context(let name): "context.\(name)"
        }
    }
}

extension Event {
    /// What a field says; nil when it was not sent.
    public subscript(field: EventField) -> String? {
        switch field {
        case .user: return user
        case .session: return session
        case .item: return item.isEmpty ? nil : item
        case .domain: return domain
        case .type: return type.rawValue
        case .decision: return decision
        case .query: return query
        case .device: return device
        case .word: return nil
        case .context(let name):
            // A dictionary also finds another spelling of the same characters.
            guard let found = context.index(forKey: name), context[found].key.hasSameBytes(as: name) else { return nil }
            return context[found].value
        }
    }

    /// The names of the entities that these fields name where ``EventField/word`` is one of them: one for each word.
    func entities(_ fields: [EventField]) -> [String] {
        SearchWords.of(query ?? "").compactMap { word in
            var parts: [String] = []
            for field in fields {
                guard let part = field == .word ? word : self[field] else { return nil }
                parts.append(part)
            }
            return parts.joined(separator: FeatureKey.separator)
        }
    }

    /// The name of the entity that these fields name; nil when one was not sent.
    func entity(_ fields: [EventField]) -> String? {
        if fields.count == 1 { return self[fields[0]] }
        var name = ""
        for (index, field) in fields.enumerated() {
            guard let text = self[field] else { return nil }
            if index > 0 { name += FeatureKey.separator }
            name += text
        }
        return name
    }
}

internal import MarqueeLive
internal import MarqueeRuntime

/// How gorse's clients are understood, by the settings `gorse.…`.
public struct GorseSettings: Sendable {
    /// The events that types of feedback are, by name; beside ``usual`` and the names of events.
    var types: [String: EventType] = [:]
    /// What feedback of any other type is.
    var otherType = EventType.click
    /// Whether feedback adds the item and the user that the catalog does not know.
    var insertsItems = true
    var insertsUsers = true

    /// gorse's usual names for what has other names here.
    static let usual: [String: EventType] = [
        "read": .view, "star": .favorite, "like": .favorite, "love": .favorite, "buy": .purchase, "rate": .rating,
        "watch": .view, "dislike": .hide, "exposure": .impression,
    ]

    /// The events that feedback can be: those that say all of an item with a value.
    static let possible = EventType.allCases.filter { type in
        switch type {
        case .retract, .gaze, .search: false
        default: true
        }
    }

    /// The kind of event that a type of feedback stands for. The name is kept with the event, and what was sent under it
    /// is read under it.
    func eventType(_ name: String) -> EventType {
        types[name] ?? Self.possible.first { $0.rawValue == name } ?? Self.usual[name] ?? otherType
    }
}

extension GorseSettings {
    init(_ values: ConfigurationValues) throws {
        func type(_ name: String, _ key: String) throws -> EventType {
            guard let type = Self.possible.first(where: { $0.rawValue == name }) else {
                throw values.unusable(
                    key, Spelling.complaint(unknown: "event type", name, valid: Self.possible.map(\.rawValue)))
            }
            return type
        }
        for text in try values.strings("gorse.feedback") {
            guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else {
                throw values.unusable("gorse.feedback", "'\(text)' is not like thumbs-up:favorite")
            }
            let event = text[text.index(after: colon)...].filter { !$0.isWhitespace }
            types[String(text[..<colon])] = try type(event, "gorse.feedback")
        }
        otherType = try type(try values.string("gorse.other-feedback"), "gorse.other-feedback")
        insertsItems = try values.boolean("gorse.auto-insert-item")
        insertsUsers = try values.boolean("gorse.auto-insert-user")
    }
}

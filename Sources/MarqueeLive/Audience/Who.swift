/// Who is being served: somebody who signed in, or a session before that. Names are told apart by their bytes.
public enum Who: Sendable, Hashable, Codable {
    case user(String)
    case session(String)

    /// The user's or the session's id.
    public var id: String {
        switch self {
        case .user(let id), .session(let id): id
        }
    }

    public static func == (one: Who, other: Who) -> Bool {
        switch (one, other) {
        case (.user(let one), .user(let other)), (.session(let one), .session(let other)): one.hasSameBytes(as: other)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        if case .session = self { hasher.combine(true) }
        id.hashBytes(into: &hasher)
    }
}

extension Event {
    /// The user, else the session.
    public var who: Who? { user.map { .user($0) } ?? session.map { .session($0) } }
}

/// Who is being served: somebody who signed in, or a session before that.
public enum Who: Sendable, Hashable, Codable {
    case user(String)
    case session(String)

    /// The user's or the session's id.
    public var id: String {
        switch self {
        case .user(let id), .session(let id): id
        }
    }
}

extension Event {
    /// The user, else the session.
    public var who: Who? { user.map { .user($0) } ?? session.map { .session($0) } }
}

internal import HTTPTypes
internal import Hummingbird
internal import Synchronization

/// Who may ask for what, and how often. It can change while the server runs.
///
/// The key stands in `X-API-Key`, or in `Authorization: Bearer`. A server without keys is open.
final class Access: Sendable {
    private struct Rules {
        var keys: [String: Scope]
        var limit: RateLimit?
    }
    private let rules: Mutex<Rules>

    init(_ configuration: ServerConfiguration) {
        rules = Mutex(Rules(keys: configuration.keys, limit: Self.limit(configuration)))
    }

    /// Takes over keys and limits; who is limited as before keeps what was counted.
    func adopt(_ configuration: ServerConfiguration) {
        let limit = Self.limit(configuration)
        rules.withLock { rules in
            rules.keys = configuration.keys
            if limit?.rate != rules.limit?.rate || limit?.burst != rules.limit?.burst { rules.limit = limit }
        }
    }

    /// - Throws: `HTTPError` 401 without a known key, 403 with one of too small a scope, 429 at too high a rate.
    func admit(_ request: Request, for scope: Scope?) throws(HTTPError) {
        guard let scope else { return }
        let (keys, limit) = rules.withLock { ($0.keys, $0.limit) }
        var caller = "everybody"
        if !keys.isEmpty {
            guard let key = Self.key(of: request) else {
                throw HTTPError(
                    .unauthorized, headers: [.wwwAuthenticate: "Bearer"],
                    message: "an API key is needed: send it as X-API-Key, or as Authorization: Bearer")
            }
            guard let granted = keys[key] else {
                throw HTTPError(
                    .unauthorized, headers: [.wwwAuthenticate: "Bearer"], message: "the API key is not known")
            }
            guard granted >= scope else {
                throw HTTPError(.forbidden, message: "the API key has the scope '\(granted)'; this needs '\(scope)'")
            }
            caller = key
        }
        guard let limit, let wait = limit.take(caller) else { return }
        throw HTTPError(
            .tooManyRequests, headers: [.retryAfter: "\(max(1, Int(wait.rounded(.up))))"],
            message: "too many requests; the server answers \(limit.rate) a second for each key")
    }

    private static func limit(_ configuration: ServerConfiguration) -> RateLimit? {
        configuration.rate.map { RateLimit(rate: $0, burst: configuration.burst) }
    }

    private static func key(of request: Request) -> String? {
        if let key = request.headers[.apiKey] { return key }
        guard let value = request.headers[.authorization], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst(7))
    }
}

extension HTTPField.Name {
    /// `X-API-Key`; a constant that the library accepts.
    static let apiKey = HTTPField.Name("X-API-Key") ?? .authorization
}

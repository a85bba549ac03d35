internal import HTTPTypes
internal import Hummingbird

/// Lets a request pass whose API key has the scope, at the rate that the key may have.
///
/// The key stands in `X-API-Key`, or in `Authorization: Bearer`. A server without keys is open.
struct Gate<Context: RequestContext>: RouterMiddleware {
    let scope: Scope
    let keys: [String: Scope]
    let limit: RateLimit?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
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
        if let limit, let wait = limit.take(caller) {
            throw HTTPError(
                .tooManyRequests, headers: [.retryAfter: "\(max(1, Int(wait.rounded(.up))))"],
                message: "too many requests; the server answers \(limit.rate) a second for each key")
        }
        return try await next(request, context)
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

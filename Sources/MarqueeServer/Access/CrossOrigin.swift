internal import HTTPTypes
internal import Hummingbird

/// Lets pages of other origins ask: answers a browser's preflight, and says with every answer which page may read it.
///
/// Source: WHATWG, *Fetch Standard*, section 3.2, "CORS protocol".
struct CrossOrigin<Context: RequestContext>: RouterMiddleware {
    /// Such as `https://shop.example`; `*` is every one.
    let origins: [String]

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin] else { return try await next(request, context) }
        let allowed = origins.contains("*") ? "*" : origins.first { $0 == origin }
        var response: Response
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(status: .noContent)
            if allowed != nil {
                response.headers[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE"
                response.headers[.accessControlAllowHeaders] =
                    "Authorization, Content-Encoding, Content-Type, X-API-Key"
                response.headers[.accessControlMaxAge] = "600"
            }
        } else {
            do { response = try await next(request, context) } catch let error as any HTTPResponseError {
                response = try error.response(from: request, context: context)
            }
            if allowed != nil { response.headers[.accessControlExposeHeaders] = "Retry-After" }
        }
        if let allowed { response.headers[.accessControlAllowOrigin] = allowed }
        if allowed != "*" { response.headers[.vary] = "Origin" }
        return response
    }
}

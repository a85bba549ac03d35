internal import Hummingbird
internal import Logging
internal import MarqueeRuntime
internal import NIOHTTP1
internal import Synchronization

/// Times every request by route, counts it by status class, logs those that failed on our side, and answers failures as
/// ``ErrorAnswers`` has them. One middleware, as each costs every request a task's frame.
struct RequestMetrics<Context: RequestContext>: RouterMiddleware {
    private let routes: RouteTimes

    init(_ metrics: Metrics) { routes = RouteTimes(metrics) }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        do {
            let response = try await next(request, context)
            routes.count(context.endpointPath, response.status.code, start.duration(to: .now))
            return response
        } catch let error as HTTPParserError {
            throw error  // The library answers it, and closes the connection.
        } catch {
            let answer = ErrorAnswers.answer(error)
            routes.count(context.endpointPath, answer.status.code, start.duration(to: .now))
            if answer.status.code >= 500 {
                let reason = (error as? HTTPError)?.body ?? "\(error)"
                context.logger.error(
                    "request failed",
                    metadata: ["route": "\(context.endpointPath ?? request.uri.path)", "error": "\(reason)"])
            }
            // The library takes the body off an answer to HEAD, and not off an error.
            guard request.method == .head else { throw answer }
            return try answer.response(from: request, context: context).createHeadResponse()
        }
    }
}

/// The histograms of routes, found without making label texts for each request.
private final class RouteTimes: Sendable {
    private struct Key: Equatable {
        let route: String
        let statusClass: Int
    }
    private let metrics: Metrics
    /// Few, and looked through, not hashed.
    private let known = Mutex<[(key: Key, histogram: Histogram)]>([])

    init(_ metrics: Metrics) { self.metrics = metrics }

    func count(_ route: String?, _ status: Int, _ duration: Duration) {
        let key = Key(route: route ?? "none", statusClass: status / 100)
        let histogram = known.withLock { known in
            if let known = known.first(where: { $0.key == key }) { return known.histogram }
            let histogram = metrics.histogram(
                "marquee_request_seconds", help: "Time to answer a request.",
                [("route", key.route), ("status", "\(key.statusClass)xx")])
            known.append((key, histogram))
            return histogram
        }
        histogram.observe(seconds: duration.seconds)
    }
}

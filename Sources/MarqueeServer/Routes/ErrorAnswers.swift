internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import MarqueeLive
internal import MarqueeModels
internal import MarqueeRuntime
internal import NIOCore

/// Every failure as `{"error": {"message": …}}` with the status that says whose turn it is.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let error as HTTPError {
            if error.body != nil { throw error }
            throw HTTPError(error.status, headers: error.headers, message: Self.message(error.status))
        } catch let error as any HTTPResponseError {
            throw HTTPError(error.status, message: Self.message(error.status))
        } catch let error as EventLogError {
            throw Self.answer(error)
        } catch let error as DecisionLogError {
            throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "1"], message: "\(error)")
        } catch let error as CatalogueProblem {
            throw HTTPError(.badRequest, message: "\(error)")
        } catch let error as ModelError {
            throw HTTPError(.unprocessableContent, message: "\(error)")
        } catch let error as FileError {
            throw HTTPError(.unprocessableContent, message: "\(error)")
        }
    }

    private static func message(_ status: HTTPResponse.Status) -> String {
        switch status {
        case .notFound: "there is nothing at this path; /api/openapi.json lists what there is"
        case .contentTooLarge: "the body is too large; send it in parts"
        default: status.reasonPhrase
        }
    }

    private static func answer(_ error: EventLogError) -> HTTPError {
        switch error {
        case .busy(let retryAfter):
            HTTPError(.tooManyRequests, headers: [.retryAfter: "\(max(1, retryAfter.components.seconds))"], message: "\(error)")
        case .tooMany: HTTPError(.contentTooLarge, message: "\(error)")
        case .diskFull: HTTPError(HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), headers: [.retryAfter: "30"], message: "the disk is full; send again later")
        default: HTTPError(.serviceUnavailable, headers: [.retryAfter: "5"], message: "the event log takes nothing now; send again later")
        }
    }
}

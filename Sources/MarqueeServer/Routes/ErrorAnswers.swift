internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import MarqueeLive
internal import MarqueeModels
internal import MarqueeRuntime
internal import NIOCore

/// Every failure as `{"error": {"message": …}}` with the status that says whose turn it is.
enum ErrorAnswers {
    /// What is answered for an error. Of one that is not told from others the log says more than the answer.
    static func answer(_ error: any Error) -> HTTPError {
        switch error {
        case let error as HTTPError:
            error.body != nil ? error : HTTPError(error.status, headers: error.headers, message: message(error.status))
        case let error as any HTTPResponseError: HTTPError(error.status, message: message(error.status))
        case let error as EventLogError: answer(error)
        case is DecisionLogError: HTTPError(.serviceUnavailable, headers: [.retryAfter: "1"], message: "\(error)")
        case is LiveLoopError: HTTPError(.serviceUnavailable, headers: [.retryAfter: "1"], message: "\(error)")
        case let error as StateFileError:
            // The file's name is for the server's log; who asks is told what it means for them.
            HTTPError(
                .serviceUnavailable, headers: [.retryAfter: error.isTransient ? "2" : "60"],
                message: error.isTransient
                    ? "the server's files are busy or full; try again later" : "the server's files cannot be used now")
        case is FileError:
            HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "60"], message: "the server's files cannot be used now")
        case is CatalogProblem: HTTPError(.badRequest, message: "\(error)")
        case is ModelError: HTTPError(.unprocessableContent, message: "\(error)")
        default: HTTPError(.internalServerError, message: "the server could not answer; its log says why")
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
            HTTPError(
                .tooManyRequests, headers: [.retryAfter: "\(max(1, retryAfter.components.seconds))"],
                message: "\(error)")
        case .tooMany: HTTPError(.contentTooLarge, message: "\(error)")
        case .diskFull:
            HTTPError(
                HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), headers: [.retryAfter: "30"],
                message: "the disk is full; send again later")
        default:
            HTTPError(
                .serviceUnavailable, headers: [.retryAfter: "5"],
                message: "the event log takes nothing now; send again later")
        }
    }
}

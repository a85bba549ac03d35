internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// `/api/health/live` (the process answers) and `/api/health/ready` (it can be sent traffic).
struct HealthRoutes {
    let readiness: Readiness

    func add(to routes: Endpoints) {
        routes.on(.get, "api/health/live") { _, _ in JSONText.response(#"{"status":"live"}"#) }
        routes.on(.get, "api/health/ready") { [readiness] _, _ in
            switch readiness.state {
            case .ready: JSONText.response(#"{"status":"ready"}"#)
            case let state: JSONText.response("{\"status\":\"\(state.rawValue)\"}", status: .serviceUnavailable)
            }
        }
    }
}

/// `/metrics`, for Prometheus.
struct MetricsRoutes {
    let metrics: Metrics

    func add(to routes: Endpoints) {
        routes.on(.get, "metrics") { [metrics] _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
        }
    }
}

/// Whether the server may be sent traffic.
public final class Readiness: Sendable {
    public enum State: String, Sendable { case starting, ready, draining }
    private let value = Mutex(State.starting)

    public init() {}

    /// From starting to ready; one that drains already does not come back.
    func begin() { value.withLock { if $0 == .starting { $0 = .ready } } }

    public var state: State {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

enum JSONText {
    private static let headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]

    static func response(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        response(ByteBuffer(string: text), status: status)
    }
    static func response(_ json: JSONWriter, status: HTTPResponse.Status = .ok) -> Response {
        response(ByteBuffer(bytes: json.bytes), status: status)
    }
    /// A value as JSON, its keys in order.
    static func response(encoding value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(ByteBuffer(bytes: try encoder.encode(value)), status: status)
    }
    static func response(_ bytes: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }
}

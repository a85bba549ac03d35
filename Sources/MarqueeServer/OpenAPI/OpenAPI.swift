internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Yams

/// The description of the API, `/api/openapi.json`, and a page to read it, `/api/docs`.
///
/// Its parts, ``paths`` and ``components``, say what is a route's own. What every route may answer besides follows from
/// what it takes, and is added here.
enum OpenAPI {
    /// The document as JSON.
    static let json: String = {
        guard let document = try? document(),
            let data = try? JSONSerialization.data(
                withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
        else { preconditionFailure("the API's own description is not YAML") }
        return String(decoding: data, as: UTF8.self)
    }()

    static func add(to routes: Endpoints) {
        routes.on(.get, "api/openapi.json") { _, _ in JSONText.response(json) }
        routes.on(.get, "api/docs") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8",
                    .contentSecurityPolicy:
                        "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
        }
    }

    private static func document() throws -> [String: Any] {
        var document = try mapping(head)
        document["components"] = try mapping(components).merging(mapping(gorseComponents)) { own, gorse in
            (own as? [String: Any] ?? [:]).merging(gorse as? [String: Any] ?? [:]) { own, _ in own }
        }
        document["paths"] = try mapping(paths).merging(mapping(gorsePaths)) { own, _ in own }.mapValues { methods in
            (methods as? [String: [String: Any]] ?? [:]).mapValues(withErrors)
        }
        return document
    }

    private static func mapping(_ yaml: String) throws -> [String: Any] {
        try Yams.load(yaml: yaml) as? [String: Any] ?? [:]
    }

    /// An operation with the errors that its kind has: whoever has a query may misspell it, whoever asks for a key may
    /// not get one, whoever sends a body may send too much.
    private static func withErrors(_ operation: [String: Any]) -> [String: Any] {
        var statuses = ["400"]
        if operation["security"] == nil { statuses += ["401", "403", "429", "503"] }
        if operation["requestBody"] != nil { statuses += ["408", "413", "415"] }
        let errors = statuses.map { ($0, ["$ref": "#/components/responses/Error"] as Any) }
        var operation = operation
        let own = operation["responses"] as? [String: Any] ?? [:]
        operation["responses"] = own.merging(errors) { own, _ in own }
        return operation
    }

    private static let head = #"""
        openapi: 3.1.0
        info:
          title: Marquee
          version: "1"
          description: "What somebody wants to see next, and the events from which it learns."
        servers: [{ url: "/" }]
        security: [{ key: [] }, { bearer: [] }, {}]
        """#
}

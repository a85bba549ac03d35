import Foundation
import GRDB
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeLive
import NIOCore
import Testing

@testable import MarqueeServer

/// Whatever goes wrong is answered in words, with a status that says whose turn it is.
@Suite struct ErrorAnswerTests {
    typealias Fixture = ServerFixture

    /// What may be sent in place of what is meant.
    static let bodies = [
        "", "{", "[]", "{}", "null", "true", "1", "1e400", "\"x\"", "[null]", "[[]]", "[{}]", "{}{}", "\u{0}",
        #"{"id":1}"#, #"{"id":1.5}"#, #"{"id":null}"#, #"{"id":{}}"#, #"{"id":[]}"#, #"{"id":""}"#, #"{"id":true}"#,
        #"{"id":"x","categories":"c"}"#, #"{"id":"x","categories":[1.5,{}]}"#, #"{"id":"x","categories":{"a":1}}"#,
        #"{"id":"x","year":1.5}"#, #"{"id":"x","year":"now"}"#, #"{"id":"x","year":99999999999999999999}"#,
        #"{"id":"x","time":-1}"#, #"{"id":"x","time":"noon"}"#, #"{"id":"x","time":1e30}"#,
        #"{"id":"x","published":"yes"}"#, #"{"id":"x","published":2}"#, #"{"id":"x","title":[]}"#,
        #"{"id":"x","friends":[null]}"#, #"{"id":"x","labels":{"a":[]}}"#, #"{"items":{}}"#, #"{"items":[{}]}"#,
        #"{"n":"many"}"#, #"{"n":0}"#, #"{"n":1.5}"#, #"{"session":[]}"#, #"{"path":5.5}"#, #"{"path":[]}"#,
        #"{"path":"/nowhere/at/all"}"#, #"{"id":"x","user":1,"item":"i","type":"click"}"#,
        #"{"id":"x","user":"u","item":"i","type":7}"#, #"{"id":"x","user":"u","item":"i","type":"click","value":"1"}"#,
        #"{"id":"x","user":"u","item":"i","type":"click","context":[]}"#,
        #"{"id":"x","user":"u","item":"i","type":"click","context":{"a":{}}}"#,
        #"{"id":"x","user":"u","item":"i","type":"click","position":-1.5}"#,
        #"{"id":"x","user":"u","item":"i","type":"rating"}"#, #"{"id":"x","user":"u","item":"i","type":"gaze"}"#,
        #"[{"FeedbackType":1.5,"UserId":"u","ItemId":"i"}]"#, #"[{"FeedbackType":"like","UserId":"u"}]"#,
        #"[{"FeedbackType":"like","UserId":"u","ItemId":"i","Timestamp":5.5}]"#,
        #"[{"FeedbackType":"like","UserId":"u","ItemId":"i","Timestamp":"noon"}]"#,
        #"[{"FeedbackType":"like","UserId":"u","ItemId":"i","Value":"much"}]"#,
        #"{"FeedbackType":"lkx","UserId":"","ItemId":{}}"#, String(repeating: "[", count: 5_000),
        String(repeating: #"{"a":"#, count: 5_000),
    ]
    static let queries = [
        "", "?n=x", "?n=-1", "?n=99999999999999999999", "?choices=perhaps", "?cursor=%00", "?domain=",
    ]

    /// Names of the language, which mean nothing to whoever asks.
    nonisolated(unsafe) private static let typeNames =
        /Optional|Array<|Dictionary<|DecodingError|EncodingError|CodingKey|Swift\.|NSError|Foundation|\b(U?Int(8|16|32|64)?|Double|Float|String|Bool|Any|nil)\b|EventProblem|HTTPError|CatalogItem|CatalogUser|SessionQuery|DatabaseError|Error Domain|\.\w+\(/

    @Test func nothingNamesTheLanguagesTypes() async throws {
        try await Fixture.run(flags: ["server.max-body": "16384"], deploys: false) { client, server in
            for endpoint in server.endpoints where endpoint.path.description != "/api/docs" {
                let uri = endpoint.path.description.replacing(/{[^}]+}/, with: "x")
                for (index, body) in Self.bodies.enumerated() {
                    let query = Self.queries[index % Self.queries.count]
                    let response = try await client.executeRequest(
                        uri: uri + query, method: endpoint.method, headers: [:], body: ByteBuffer(string: body))
                    let text = String(buffer: response.body)
                    #expect(
                        response.status.code < 500 || uri == "/api/health/ready", "\(endpoint.method) \(uri) \(body)")
                    if response.status.code >= 400, uri != "/api/health/ready" {
                        #expect(text.contains("message") || text.contains("rejected"), "\(uri) \(body): \(text)")
                    }
                    if let found = text.firstMatch(of: Self.typeNames), response.status.code != 200 {
                        Issue.record("\(endpoint.method) \(uri) \(body.prefix(80)): '\(found.0)' in \(text)")
                    }
                }
            }
        }
    }

    /// Somebody else holds a database's lock: every route answers, with 503 and words where it needs the lock.
    @Test(arguments: ["events.sqlite", "decisions.sqlite", "catalog.sqlite"])
    func aLockedDatabaseIsAnsweredInWords(name: String) async throws {
        try await Fixture.run { client, server in
            let file = URL(fileURLWithPath: server.configuration.folder).appendingPathComponent(name)
            var configuration = GRDB.Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: file.path, configuration: configuration)
            try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN EXCLUSIVE") }
            let refused = try await withThrowingTaskGroup(of: String?.self) { group in
                for endpoint in server.endpoints {
                    group.addTask { try await Self.refusal(of: endpoint, client) }
                }
                return try await group.reduce(into: Set<String>()) { refused, path in
                    if let path { refused.insert(path) }
                }
            }
            try await other.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
            switch name {
            case "events.sqlite": #expect(refused.contains("POST /api/events"))
            case "catalog.sqlite": #expect(refused.isSuperset(of: ["POST /api/items", "PUT /api/users/{user-id}"]))
            // Decisions are written behind the answer.
            default: #expect(!refused.contains("GET /api/recommend/{user-id}"))
            }
            // What is let go is served again.
            let stored = try await client.send(.post, "/api/items", #"{"id":"x"}"#)
            #expect(stored.status == 200)
        }
    }

    /// The route where it answered that it cannot; nil where it answered what was asked.
    private static func refusal(of endpoint: Endpoint, _ client: any TestClientProtocol) async throws -> String? {
        let route = "\(endpoint.method.rawValue) \(endpoint.path)"
        let uri = endpoint.path.description.replacing(/{[^}]+}/, with: "x")
        let body =
            switch uri {
            case "/api/events": #"{"id":"e","user":"u","item":"0","type":"click"}"#
            case let uri where uri.contains("feedback"): #"[{"FeedbackType":"like","UserId":"u","ItemId":"0"}]"#
            default: #"{"id":"x"}"#
            }
        let answer = try await client.send(endpoint.method, uri, endpoint.method == .get ? nil : body)
        guard answer.status >= 500, uri != "/api/health/ready" else { return nil }
        #expect(answer.status == 503, "\(route)")
        #expect(!answer.json.message.isEmpty, "\(route)")
        return route
    }
}

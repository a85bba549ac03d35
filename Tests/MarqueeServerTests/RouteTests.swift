import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeEvaluation
import MarqueeLive
import MarqueeModels
import MarqueeServer
import Testing

@Suite struct RouteTests {
    typealias Fixture = ServerFixture

    @Test func recommendsAndLearnsFromEvents() async throws {
        try await Fixture.run { client, server in
            let user = Fixture.model.users[1]
            let first = try await client.send(.get, "/api/recommend/\(user)?n=5")
            #expect(first.status == 200)
            #expect(first.json["link"] as? String == "model")
            #expect(first.json.ids.count == 5)
            let decision = try #require(first.json["decision"] as? String)
            let item = try #require(first.json.ids.first)
            let sent = try await client.send(
                .post, "/api/events",
                """
                [{"id":"e1","user":"\(user)","item":"\(item)","type":"impression","decision":"\(decision)"},
                 {"id":"e2","user":"\(user)","item":"\(item)","type":"click","decision":"\(decision)"},
                 {"id":"e2","user":"\(user)","item":"\(item)","type":"click","decision":"\(decision)"}]
                """)
            #expect(sent.status == 200)
            #expect(sent.json["accepted"] as? Int == 2)
            #expect(sent.json["duplicates"] as? Int == 1)
            try await server.loop.applied(2)
            #expect(server.loop.learner.counts.joined == 2)
            #expect(try await !client.send(.get, "/api/recommend/\(user)?n=50").json.ids.contains(item))
        }
    }

    @Test func invalidEventsAreToldOneByOneAndTheOthersKept() async throws {
        try await Fixture.run { client, _ in
            let mixed = try await client.send(
                .post, "/api/events",
                "{\"id\":\"a\",\"user\":\"u\",\"item\":\"1\",\"type\":\"click\"}\n{\"id\":\"b\",\"user\":\"u\",\"item\":\"1\",\"type\":\"clik\"}\nnonsense\n"
            )
            #expect(mixed.status == 200)
            #expect(mixed.json["accepted"] as? Int == 1)
            let rejected = try #require(mixed.json["rejected"] as? [[String: Any]])
            #expect(rejected.count == 2)
            #expect((rejected[0]["problem"] as? String)?.contains("did you mean 'click'?") == true)
            #expect(rejected[1]["line"] as? Int == 3)
            #expect(try await client.send(.post, "/api/events", "{}").status == 400)
        }
    }

    @Test func feedbackInGorsesForm() async throws {
        try await Fixture.run { client, server in
            let body = """
                [{"FeedbackType":"star","UserId":"g","ItemId":"\(Fixture.model.items[0])","Timestamp":"2024-02-02T20:20:02.02Z"},
                 {"FeedbackType":"read","UserId":"g","ItemId":"\(Fixture.model.items[1])","Timestamp":"2024-02-02T20:20:03Z"}]
                """
            #expect(try await client.send(.post, "/api/feedback", body).json["RowAffected"] as? Int == 2)
            #expect(try await client.send(.put, "/api/feedback", body).json["RowAffected"] as? Int == 0)
            try await server.loop.applied(2)
            #expect(server.loop.audience[.user("g")].recent.map(\.time) == [1_706_905_203_000, 1_706_905_202_020])
            let wrong = try await client.send(
                .post, "/api/feedback", #"[{"FeedbackType":"sta","UserId":"g","ItemId":"1","Timestamp":"noon"}]"#)
            #expect(wrong.status == 400)
        }
    }

    @Test func similarPopularAndSessions() async throws {
        try await Fixture.run { client, _ in
            let item = Fixture.model.items[0]
            #expect(try await client.send(.get, "/api/similar/\(item)?n=3").json.ids.count == 3)
            #expect(try await client.send(.get, "/api/similar/none").status == 404)
            #expect(try await client.send(.get, "/api/popular?n=4").json.ids.count == 4)
            #expect(try await client.send(.get, "/api/popular?domain=radio").json.ids.isEmpty)
            let session = try await client.send(
                .post, "/api/session/recommend", "{\"session\":\"s\",\"items\":[\"\(item)\"],\"n\":6}")
            #expect(session.json["link"] as? String == "model")
            #expect(session.json.ids.count == 6 && !session.json.ids.contains(item))
        }
    }

    /// However much is explored, and also where what is clicked may come again.
    @Test(arguments: ["click,view", "purchase"]) func whatASessionSendsDoesNotComeBack(consuming: String) async throws {
        try await Fixture.run(
            flags: ["policy": "epsilon-greedy: { epsilon: 1 }", "recommend.consuming": consuming]
        ) { client, _ in
            let sent = (0..<5).map { Fixture.model.items[Int32($0 * 7)] }
            let items = sent.map { "\"\($0)\"" }.joined(separator: ",")
            for session in 0..<40 {
                let answer = try await client.send(
                    .post, "/api/session/recommend", "{\"session\":\"s\(session)\",\"items\":[\(items)],\"n\":20}")
                #expect(answer.json.ids.count == 20 && Set(sent).isDisjoint(with: answer.json.ids))
            }
        }
    }

    /// Each item with what of the history speaks for it, as `marquee recommend` prints it.
    @Test func answersCarryReasonsWhereTheyAreAskedFor() async throws {
        try await Fixture.run { client, server in
            let user = Fixture.model.users[1]
            let answer = try await client.send(.get, "/api/recommend/\(user)?n=5&reasons=true")
            let items = try #require(answer.json["items"] as? [[String: Any]])
            let reasons = items.compactMap { $0["reasons"] as? [[String: Any]] }
            #expect(reasons.count == 5 && reasons.contains { !$0.isEmpty })
            let history = Set(Fixture.model.history[1].map { Fixture.model.items[$0] })
            for reason in reasons.joined() {
                #expect(history.contains(reason["item"] as? String ?? ""))
                #expect((reason["title"] as? String)?.isEmpty == false)
                #expect((reason["share"] as? Double).map { $0 > 0 && $0 <= 1 } == true)
            }
            let without = try await client.send(.get, "/api/recommend/\(user)?n=5")
            #expect((without.json["items"] as? [[String: Any]])?.allSatisfy { $0["reasons"] == nil } == true)

            let touched = Fixture.model.items[3]
            let session = try await client.send(
                .post, "/api/session/recommend", "{\"items\":[\"\(touched)\"],\"n\":3,\"reasons\":true}")
            let given = (session.json["items"] as? [[String: Any]] ?? []).flatMap {
                $0["reasons"] as? [[String: Any]] ?? []
            }
            #expect(!given.isEmpty && given.allSatisfy { $0["item"] as? String == touched })
        }
    }

    /// Somebody whom the training did not know clicks, and is answered by the model.
    @Test func newcomersAreAnsweredByTheModel() async throws {
        try await Fixture.run { client, server in
            let path = "/api/recommend/newcomer?n=5&device=mobile&region=de&page=home"
            #expect(try await client.send(.get, path).json["link"] as? String == "popular")
            let clicks = (0..<5).map { k in
                "{\"id\":\"n\(k)\",\"user\":\"newcomer\",\"item\":\"\(Fixture.model.items[Int32(10 * k)])\",\"type\":\"click\"}"
            }
            #expect(try await client.send(.post, "/api/events", clicks.joined(separator: "\n")).status == 200)
            try await server.loop.applied(5)
            let answer = try await client.send(.get, path)
            #expect(answer.json["link"] as? String == "model")
            #expect(answer.json.ids.count == 5)
            let id = try #require((answer.json["decision"] as? String).flatMap { Decision.id($0) })
            let context = try await server.loop.decisions.decision(id)?.query.context
            #expect(context == MarqueeEvaluation.RequestContext(device: "mobile", region: "de", page: "home"))
            let refused = try await client.send(
                .post, "/api/session/recommend", #"{"session":"s","items":[],"device":"a\u0000b"}"#)
            #expect(refused.status == 400 && refused.json.message.contains("'device'"))
        }
    }

    @Test func itemsAndUsersAreKept() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let many = (0..<5).map { "{\"id\":\"i\($0)\",\"title\":\"T\($0)\",\"categories\":[\"c\"]}" }.joined(
                separator: ",")
            #expect(try await client.send(.post, "/api/items", "[\(many)]").json["stored"] as? Int == 5)
            #expect(try await client.send(.post, "/api/items", #"{"id":"i9"}"#).json["stored"] as? Int == 1)
            let page = try await client.send(.get, "/api/items?n=3")
            #expect(page.json.ids == ["i0", "i1", "i2"])
            #expect(try await client.send(.get, "/api/items?n=3&cursor=i2").json.ids == ["i3", "i4", "i9"])
            #expect(try await client.send(.get, "/api/recommend/u?category=c").json.ids.count == 5)
            #expect(try await client.send(.put, "/api/items/i1", #"{"id":"i1","published":false}"#).status == 200)
            #expect(try await client.send(.get, "/api/items/i1").json["published"] as? Bool == false)
            #expect(try await client.send(.delete, "/api/items/i2").status == 200)
            #expect(try await client.send(.delete, "/api/items/i2").status == 404)
            #expect(try await client.send(.get, "/api/items/i2").status == 404)
            #expect(Set(try await client.send(.get, "/api/recommend/u").json.ids) == ["i0", "i3", "i4", "i9"])
            let unknown = try await client.send(.post, "/api/items", #"{"id":"x","titel":"y"}"#)
            #expect(unknown.status == 400 && unknown.json.message.contains("did you mean 'title'?"))
            #expect(try await client.send(.put, "/api/items/i1", #"{"id":"i2"}"#).status == 400)

            #expect(
                try await client.send(.post, "/api/users", #"[{"id":"ann","friends":["bob"]},{"id":"bob"}]"#).json[
                    "stored"] as? Int == 2)
            #expect(try await client.send(.get, "/api/users/ann").json["friends"] as? [String] == ["bob"])
            #expect(try await client.send(.delete, "/api/users/ann").status == 200)
            #expect(try await client.send(.get, "/api/users/ann").status == 404)
            #expect(try await client.send(.get, "/api/users").json.ids == ["bob"])
        }
    }

    @Test func namesMayBeOfAnyScript() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let stored = try await client.send(.post, "/api/items", #"{"id":"кино/1 ü"}"#)
            #expect(stored.status == 200)
            #expect(
                try await client.send(.get, "/api/items/%D0%BA%D0%B8%D0%BD%D0%BE%2F1%20%C3%BC").json["id"] as? String
                    == "кино/1 ü")
            #expect(try await client.send(.get, "/api/items/%FF%FE").status == 400)
            #expect(try await client.send(.get, "/api/recommend/a%00b").status == 400)
            #expect(try await client.send(.get, "/api/recommend/\(String(repeating: "x", count: 300))").status == 400)
        }
    }

    @Test(arguments: ["n=0", "n=101", "n=many", "n=", "domain=", "category=%01"]) func wrongQueriesSaySo(query: String)
        async throws
    {
        try await Fixture.run { client, _ in
            let answer = try await client.send(.get, "/api/recommend/u?\(query)")
            #expect(answer.status == 400)
            #expect(answer.json.message.contains("'\(query.prefix { $0 != "=" })'"))
        }
    }

    @Test func keysScopesAndRates() async throws {
        let flags = [
            "keys.read": "r", "keys.write": "w", "keys.admin": "a", "limits.rate": "0.001", "limits.burst": "3",
        ]
        try await Fixture.run(flags: flags) { client, _ in
            func send(_ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil, key: String?) async throws
                -> Int
            {
                var headers = HTTPFields()
                if let key, let name = HTTPField.Name("X-API-Key") { headers[name] = key }
                return try await client.send(method, uri, body, headers: headers).status
            }
            #expect(try await send(.get, "/api/popular", key: nil) == 401)
            #expect(try await send(.get, "/api/popular", key: "x") == 401)
            #expect(try await send(.post, "/api/events", "[]", key: "r") == 403)
            #expect(try await send(.post, "/api/items", "[]", key: "w") == 403)
            #expect(try await send(.post, "/api/items", "[]", key: "a") == 200)
            #expect(try await send(.post, "/api/events", "[]", key: "w") == 200)
            #expect(try await send(.get, "/api/popular", key: "r") == 200)
            #expect(try await send(.get, "/api/popular", key: "r") == 200)
            #expect(try await send(.get, "/api/popular", key: "r") == 200)
            let refused = try await client.send(.get, "/api/popular", headers: [.authorization: "Bearer r"])
            #expect(refused.status == 429)
            #expect(Int(refused.headers[.retryAfter] ?? "") ?? 0 > 0)
            #expect(try await send(.get, "/api/health/live", key: nil) == 200)
        }
    }

    @Test func modelsAreSwappedAndGarbageIsRefused() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-model-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try Fixture.model.write(to: folder)
        try await Fixture.run { client, _ in
            let body = String(decoding: try JSONEncoder().encode(["path": folder.path]), as: UTF8.self)
            let deployed = try await client.send(.put, "/api/model", body)
            #expect(deployed.status == 200)
            let version = try #require(deployed.json["version"] as? String)
            try Data("garbage".utf8).write(to: folder.appendingPathComponent("model.json"))
            let refused = try await client.send(.put, "/api/model", body)
            #expect(refused.status == 422)
            #expect(refused.json.message.contains("train and save it again"))
            #expect(try await client.send(.get, "/api/model").json["version"] as? String == version)
            #expect(
                try await client.send(.get, "/api/recommend/\(Fixture.model.users[0])").json["model"] as? String
                    == version)
        }
    }
}

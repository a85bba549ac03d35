import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeLive
import Testing

@testable import MarqueeServer

/// What the document does not allow is refused, and what is taken the document allows: requests that schemathesis found.
@Suite struct DocumentedRequestTests {
    typealias Fixture = ServerFixture

    @Test(arguments: ["/api/items", "/api/users"]) func namesOfABatchAreNames(path: String) async throws {
        try await Fixture.run(deploys: false) { client, _ in
            _ = try await client.send(.post, path, #"[{"id":"a"},{"id":"7"},{"id":"b"}]"#)
            for body in [#""""#, #"[""]"#, #"["a\u0001"]"#, "true", "[1.5]", "[[]]", "{}"] {
                #expect(try await client.send(.delete, path, body).status == 400, "\(body)")
            }
            #expect(try await client.send(.delete, path, #"["a", 7]"#).json["removed"] as? Int == 2)
            #expect(try await client.send(.delete, path, #""b""#).json["removed"] as? Int == 1)
        }
    }

    @Test(arguments: ["/api/items?n=0", "/api/users?n=0", "/api/recommend/u", "/api/recommend/u/c", "/api/popular"])
    func anotherVersionOfGorsesFormIsRefused(path: String) async throws {
        let header = try #require(HTTPField.Name("X-API-Version"))
        try await Fixture.run { client, _ in
            for version in ["", "3", "0", "two"] {
                let answer = try await client.send(.get, path, headers: [header: version])
                #expect(answer.status == 400 && answer.json.message.contains("'X-API-Version'"))
            }
            for version in ["1", "2"] {
                #expect(try await client.send(.get, path, headers: [header: version]).status == 200)
            }
        }
    }

    /// Null is not said, and a body that is another's is refused.
    @Test(arguments: [("item", "ItemId"), ("user", "UserId")]) func changesInGorsesForm(path: String, id: String)
        async throws
    {
        try await Fixture.run(deploys: false) { client, _ in
            _ = try await client.send(.post, "/api/\(path)", "{\"\(id)\":\"a\",\"Comment\":\"A\"}")
            let uri = "/api/\(path)/a"
            #expect(
                try await client.send(.patch, uri, "{\"\(id)\":null,\"Comment\":null,\"Labels\":null}").status == 200)
            #expect(try await client.send(.patch, uri, "{\"\(id)\":\"a\"}").status == 200)
            #expect(try await client.send(.get, uri).json["Comment"] as? String == "A")
            let other = try await client.send(.patch, uri, "{\"\(id)\":\"b\"}")
            #expect(other.status == 400 && other.json.message == "the path says 'a', the body 'b'")
        }
    }

    @Test(arguments: [
        (#"{"ItemId":"a"}"#, 200), (#"{"ItemId":0,"UserId":null,"FeedbackType":"any","Value":null}"#, 200), ("{}", 400),
        (#"{"ItemId":""}"#, 400), (#"{"ItemId":"a","Value":"1"}"#, 400), (#"{"ItemId":"a","UserId":[]}"#, 400),
        (#"{"ItemId":"a","FeedbackType":false}"#, 400), (#"{"ItemId":"a","Comment":1.5}"#, 400),
    ]) func sessionsInGorsesFormAreReadStrictly(row: String, status: Int) async throws {
        try await Fixture.run { client, _ in
            let answer = try await client.send(.post, "/api/session/recommend?n=0", "[\(row)]")
            #expect(answer.status == status)
        }
    }

    /// é in one code point and in two: two names, as they are to the database.
    @Test func namesAreToldApartByTheirBytes() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let (one, two) = ("%C3%A9", "e%CC%81")
            let (first, second) = ("\u{E9}", "e\u{301}")
            for path in ["items", "users"] {
                #expect(try await client.send(.put, "/api/\(path)/\(one)", "{\"id\":\"\(second)\"}").status == 400)
                #expect(try await client.send(.put, "/api/\(path)/\(one)", "{\"id\":\"\(first)\"}").status == 200)
                #expect(try await client.send(.get, "/api/\(path)/\(two)").status == 404)
                #expect(try await client.send(.put, "/api/\(path)/\(two)", "{\"id\":\"\(second)\"}").status == 200)
                #expect(try await client.send(.delete, "/api/\(path)/\(one)").status == 200)
                #expect(try await client.send(.get, "/api/\(path)/\(one)").status == 404)
                let left = try await client.send(.get, "/api/\(path)/\(two)").json["id"] as? String
                #expect(left.map { Array($0.utf8) } == Array(second.utf8))
            }
        }
    }

    /// What is found again is an answer and not a failure of the server: it says where it is, and how to go on.
    @Test func anErasureThatLeavesSomethingSaysWhere() async throws {
        try await Fixture.run(deploys: false) { client, server in
            let user = "user-of-eight-bytes-and-more"
            #expect(
                try await client.send(.put, "/api/items/a", "{\"id\":\"a\",\"title\":\"For \(user)\"}").status == 200)
            let event = "{\"id\":\"1\",\"user\":\"\(user)\",\"item\":\"a\",\"type\":\"click\"}"
            #expect(try await client.send(.post, "/api/events", event).status == 200)
            let left = try await client.send(.delete, "/api/users/\(user)?erase=true")
            #expect(left.status == 202 && left.json["complete"] as? Bool == false)
            let traces = left.json["traces"] as? [[String: Any]] ?? []
            #expect(traces.map { $0["file"] as? String } == ["catalog.sqlite"])
            #expect((left.json["notes"] as? [String])?.first?.contains("erase once more") == true)
            #expect(try await client.send(.patch, "/api/items/a", #"{"title":"For everybody"}"#).status == 200)
            let done = try await client.send(.delete, "/api/users/\(user)?erase=true")
            #expect(done.status == 200 && done.json["complete"] as? Bool == true)
        }
    }

    /// Each writes snapshots and files anew, so that they go one after the other; and the longest name is no damage.
    @Test func erasuresAtOnce() async throws {
        try await Fixture.run { client, server in
            let longest = String(repeating: "x", count: 256)
            #expect(try await client.send(.get, "/api/recommend/\(longest)?n=3").status == 200)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<8 {
                    group.addTask { try await client.send(.delete, "/api/users/u\(index % 3)?erase=1").status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 8))
            let erased = try await client.send(.delete, "/api/users/\(longest)?erase=1")
            #expect(erased.status == 200)
            let stores = erased.json["stores"] as? [[String: Any]] ?? []
            #expect(stores.first { $0["name"] as? String == "decisions" }?["before"] as? Int == 1)
        }
    }

    /// A label is an attribute to filter by, whatever JSON it is.
    @Test func itemsAreFilteredByTheirLabels() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let items = """
                [{"id":"a","labels":{"language":"de","tags":["noir","heist"],"year":1995}},
                 {"id":"b","labels":{"language":"en","tags":["noir"],"year":2001.0}},
                 {"id":"c","labels":["noir","x"]},{"id":"d"}]
                """
            #expect(try await client.send(.post, "/api/items", items).status == 200)
            for (labels, expected) in [
                (#"{"language":"de"}"#, ["a"]), (#"{"language":["de","en"]}"#, ["a", "b"]),
                (#"{"tags":"noir","language":"en"}"#, ["b"]), (#"{"year":2001}"#, ["b"]), (#""noir""#, ["c"]),
                (#"["x","y"]"#, ["c"]), (#"{"tags":"none"}"#, []), ("{}", ["a", "b", "c", "d"]),
                ("null", ["a", "b", "c", "d"]),
            ] {
                let filter = "{\"labels\":\(labels)}"
                let answer = try await client.send(
                    .post, "/api/session/recommend", "{\"n\":10,\"filter\":\(filter)}")
                #expect(answer.json.ids.sorted() == expected, "\(labels)")
                let ranked = try await client.send(
                    .post, "/api/rank", "{\"candidates\":[\"a\",\"b\",\"c\",\"d\"],\"filter\":\(filter)}")
                #expect(ranked.json.ids.sorted() == expected, "\(labels)")
            }
        }
    }
}

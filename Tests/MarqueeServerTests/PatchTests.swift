import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeServer
import Testing

@Suite struct PatchTests {
    typealias Fixture = ServerFixture

    /// `PUT {"id":"7153","published":false}` took title and categories away.
    @Test func hidingKeepsEverythingElse() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let item =
                #"{"id":"7153","title":"Return of the King","categories":["Fantasy"],"year":2003,"labels":{"de":true}}"#
            #expect(try await client.send(.post, "/api/items", item).status == 200)
            let hidden = try await client.send(.patch, "/api/items/7153", #"{"published":false}"#)
            #expect(hidden.status == 200)
            #expect(try await client.send(.get, "/api/recommend/u").json.ids.isEmpty)
            let kept = try await client.send(.get, "/api/items/7153").json
            #expect(kept["published"] as? Bool == false && kept["title"] as? String == "Return of the King")
            #expect(kept["categories"] as? [String] == ["Fantasy"] && kept["year"] as? Int == 2003)
            #expect((kept["labels"] as? [String: Any])?["de"] as? Bool == true)
            #expect(try await client.send(.patch, "/api/items/7153", #"{"published":true}"#).status == 200)
            #expect(try await client.send(.get, "/api/recommend/u?category=Fantasy").json.ids == ["7153"])
            // Null clears; PUT replaces as before.
            let cleared = try await client.send(.patch, "/api/items/7153", #"{"year":null,"title":null}"#).json
            #expect(cleared["year"] == nil && cleared["title"] as? String == "")
            #expect(cleared["categories"] as? [String] == ["Fantasy"])
            #expect(try await client.send(.put, "/api/items/7153", #"{"id":"7153"}"#).status == 200)
            #expect(try await client.send(.get, "/api/items/7153").json["categories"] as? [String] == [])
        }
    }

    @Test func whatCannotBeChangedSaysSo() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            _ = try await client.send(.post, "/api/items", #"{"id":"a","title":"A"}"#)
            #expect(try await client.send(.patch, "/api/items/none", #"{"title":"x"}"#).status == 404)
            for (body, words) in [
                (#"{"titel":null}"#, "did you mean 'title'?"), (#"{"id":"b"}"#, "the path says 'a', the body 'b'"),
                (#"{"time":-5}"#, "'time' is before 1970"), ("[]", "an object"), (#"{"id":null}"#, "id"),
            ] {
                let answer = try await client.send(.patch, "/api/items/a", body)
                #expect(answer.status == 400 && answer.json.message.contains(words), "\(body)")
            }
            #expect(try await client.send(.get, "/api/items/a").json["title"] as? String == "A")
        }
    }

    @Test func usersAreChangedInPart() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            _ = try await client.send(.post, "/api/users", #"{"id":"ann","labels":["a"],"friends":["bob"]}"#)
            let changed = try await client.send(.patch, "/api/users/ann", #"{"labels":{"age":24}}"#).json
            #expect(changed["friends"] as? [String] == ["bob"])
            #expect((changed["labels"] as? [String: Any])?["age"] as? Int == 24)
            #expect(
                try await client.send(.patch, "/api/users/ann", #"{"friends":null}"#).json["friends"] as? [String] == []
            )
            #expect(try await client.send(.patch, "/api/users/none", "{}").status == 404)
        }
    }

    @Test func manyAreDeletedAtOnce() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            _ = try await client.send(.post, "/api/items", #"[{"id":"a"},{"id":"b"},{"id":"c"}]"#)
            #expect(try await client.send(.delete, "/api/items", #"["a","c","none"]"#).json["removed"] as? Int == 2)
            #expect(try await client.send(.get, "/api/items").json.ids == ["b"])
            _ = try await client.send(.post, "/api/users", #"[{"id":"a"},{"id":"b"}]"#)
            #expect(try await client.send(.delete, "/api/users", #"["a"]"#).json["removed"] as? Int == 1)
            #expect(try await client.send(.get, "/api/users").json.ids == ["b"])
            #expect(try await client.send(.delete, "/api/items", #"[{}]"#).status == 400)
        }
    }

    @Test func whatSomebodyDidIsReadAndTakenBack() async throws {
        try await Fixture.run { client, server in
            let item = Fixture.model.items[0]
            let sent = """
                {"id":"1","user":"ann","item":"\(item)","type":"rating","value":4,"time":1750000000000}
                {"id":"2","user":"ann","item":"x","type":"click","time":1750000000001}
                """
            #expect(try await client.send(.post, "/api/events", sent).status == 200)
            let read = try await client.send(.get, "/api/users/ann/feedback").json["feedback"] as? [[String: Any]]
            #expect(read?.map { $0["type"] as? String } == ["rating", "click"])
            #expect(read?.first?["value"] as? Double == 4 && read?.first?["time"] as? Int == 1_750_000_000_000)
            #expect(
                try await client.send(.delete, "/api/users/ann/feedback?item=\(item)&type=rating").json["removed"]
                    as? Int == 1)
            #expect(server.loop.audience[.user("ann")].consumed.isEmpty)
            #expect(try await client.send(.delete, "/api/users/ann/feedback").json["removed"] as? Int == 1)
            #expect(
                (try await client.send(.get, "/api/users/ann/feedback").json["feedback"] as? [Any])?.isEmpty == true)
        }
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeServer
import Testing

@Suite struct RankTests {
    typealias Fixture = ServerFixture

    @Test func candidatesAreBroughtInAnOrderAndLogged() async throws {
        try await Fixture.run { client, server in
            let user = Fixture.model.users[1]
            let items = (0..<8).map { Fixture.model.items[$0] }
            let body = String(decoding: try JSONEncoder().encode(items), as: UTF8.self)
            let ranked = try await client.send(
                .post, "/api/rank", #"{"user":"\#(user)","candidates":\#(body)}"#)
            #expect(ranked.status == 200 && Set(ranked.json.ids) == Set(items) && ranked.json.ids.count == 8)
            #expect(ranked.json["link"] as? String == "model")
            #expect((ranked.json["decision"] as? String)?.count == 16)
            let some = try await client.send(
                .post, "/api/rank", #"{"session":"s","candidates":\#(body),"n":3,"touched":["\#(items[0])"]}"#)
            #expect(some.json.ids.count == 3 && Set(some.json.ids).isSubset(of: items.dropFirst()))
            let unknown = try await client.send(.post, "/api/rank", #"{"candidates":["none","\#(items[0])"]}"#)
            #expect(unknown.json.ids == [items[0]])
            #expect((unknown.json["notes"] as? [String])?.contains { $0.hasPrefix("1 of the candidates") } == true)
        }
    }

    @Test func filtersGoByWhatTheCatalogSays() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let items = """
                [{"id":"a","categories":["Horror"],"year":1975,"domain":"film"},
                 {"id":"b","categories":["Horror","Comedy"],"year":1990,"domain":"film"},
                 {"id":"c","categories":["Drama"],"year":1999,"domain":"news"}]
                """
            #expect(try await client.send(.post, "/api/items", items).status == 200)
            let wrong = try await client.send(.get, "/api/recommend/u?filter=%7B%22yeras%22:1%7D")
            #expect(wrong.status == 400 && wrong.json.message.contains("did you mean 'years'?"))
            for (filter, ids) in [
                (#"{"categories":["Horror"]}"#, ["a", "b"]), (#"{"without":["Comedy"]}"#, ["a", "c"]),
                (#"{"years":{"from":1980}}"#, ["b", "c"]), (#"{"domains":["news"],"years":{"to":1998}}"#, []),
            ] as [(String, [String])] {
                let encoded = try #require(filter.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                let recommended = try await client.send(.get, "/api/recommend/u?filter=\(encoded)")
                #expect(Set(recommended.json.ids) == Set(ids), "\(filter)")
                let ranked = try await client.send(
                    .post, "/api/rank", #"{"user":"u","candidates":["a","b","c"],"filter":\#(filter)}"#)
                #expect(Set(ranked.json.ids) == Set(ids), "\(filter)")
                let session = try await client.send(.post, "/api/session/recommend", #"{"filter":\#(filter)}"#)
                #expect(Set(session.json.ids) == Set(ids), "\(filter)")
            }
        }
    }

    @Test(arguments: [
        (#"{"user":"u"}"#, "'candidates' is missing"), (#"{"candidates":[]}"#, "0 entries"),
        (#"{"candidates":["a"],"n":0}"#, "'n'"), (#"{"candidates":["a"],"usr":"x"}"#, "did you mean 'user'?"),
        (#"{"candidates":["a"],"user":""}"#, "'user'"),
        (#"{"candidates":["a"],"filter":{"withot":[]}}"#, "did you mean 'without'?"),
    ]) func whatCannotBeRankedSaysSo(body: String, words: String) async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let answer = try await client.send(.post, "/api/rank", body)
            #expect(answer.status == 400 && answer.json.message.contains(words), "\(answer.json.message)")
        }
    }
}

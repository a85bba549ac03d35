import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeRuntime
import Testing

@testable import MarqueeServer

/// A name that nobody knows is refused with the nearest that is known, wherever it is written.
@Suite struct StrictNameTests {
    typealias Fixture = ServerFixture

    @Test(arguments: [
        ("timestamp", "1", "time"), ("decison", "\"d\"", "decision"), ("usr", "null", "user"),
        ("itemId", "\"i\"", "item"), ("\\u0074ipe", "\"click\"", "type"),
    ]) func eventsHaveNoOtherKeys(key: String, value: String, nearest: String) async throws {
        try await Fixture.run(deploys: false) { client, server in
            let good = #"{"id":"a","user":"u","item":"i","type":"click","\u0074ime":1700000000000}"#
            let bad = #"{"id":"b","user":"u","item":"i","type":"click",""# + "\(key)\":\(value)}"
            let answer = try await client.send(.post, "/api/events", "[\(good),\(bad)]")
            #expect(answer.status == 200 && answer.json["accepted"] as? Int == 1)
            let rejected = try #require(answer.json["rejected"] as? [[String: Any]])
            #expect(rejected.map { $0["id"] as? String } == ["b"])
            #expect((rejected[0]["problem"] as? String)?.contains("did you mean '\(nearest)'?") == true)
        }
    }

    @Test(arguments: [
        ("/api/recommend/u?categry=x", "'categry': did you mean 'category'?"),
        ("/api/recommend/u?limit=3", "'limit': did you mean 'n'?"),
        ("/api/popular?domainn=x", "'domainn': did you mean 'domain'?"),
        ("/api/popular?ofset=3", "'ofset': did you mean 'offset'?"),
        ("/api/items?cursorr=3", "'cursorr': did you mean 'cursor'?"),
        ("/api/experiments?n=3", "'n': this path has no query"), ("/metrics?x", "'x': this path has no query"),
        ("/api/popular?n=3&n=4", "'n' is given twice"), ("/api/popular?n=%FF", "percent-encoded"),
    ]) func queriesHaveNoOtherKeys(path: String, message: String) async throws {
        try await Fixture.run(deploys: false) { client, _ in
            let answer = try await client.send(.get, path)
            #expect(answer.status == 400)
            #expect(answer.json.message.contains(message), "\(answer.json.message)")
        }
    }

    /// Whatever route is added, it cannot read what it did not name.
    @Test func everyRouteRefusesWhatItDoesNotKnow() async throws {
        try await Fixture.run(deploys: false) { client, server in
            #expect(server.endpoints.count > 20)
            for endpoint in server.endpoints {
                let uri = endpoint.path.description.replacing(/{[^}]+}/, with: "x")
                #expect(Set(endpoint.queryKeys).count == endpoint.queryKeys.count, "\(uri)")
                for unknown in ["strange"] + endpoint.queryKeys.map({ "\($0)q" }) {
                    let answer = try await client.send(endpoint.method, "\(uri)?\(unknown)=1", "{}")
                    #expect(answer.status == 400, "\(endpoint.method) \(uri)?\(unknown)")
                    #expect(answer.json.message.contains("'\(unknown)'"), "\(answer.json.message)")
                    let nearest = String(unknown.dropLast())
                    guard nearest.count > 2, endpoint.queryKeys.contains(nearest) else { continue }
                    #expect(answer.json.message.contains("did you mean '\(nearest)'?"), "\(answer.json.message)")
                }
            }
        }
    }

    @Test(arguments: [
        (HTTPRequest.Method.post, "/api/items", #"{"id":"x","titel":"y"}"#, "title"),
        (.put, "/api/items/x", #"{"id":"x","categoriess":[]}"#, "categories"),
        (.post, "/api/users", #"[{"id":"x","freinds":[]}]"#, "friends"),
        (.post, "/api/session/recommend", #"{"item":["x"]}"#, "items"),
        (.put, "/api/model", #"{"pth":"x"}"#, "path"),
        (.post, "/api/feedback", #"[{"FeedbackTyp":"x","UserId":"u","ItemId":"i"}]"#, "FeedbackType"),
    ]) func bodiesHaveNoOtherKeys(method: HTTPRequest.Method, path: String, body: String, nearest: String) async throws
    {
        try await Fixture.run(deploys: false) { client, _ in
            let answer = try await client.send(method, path, body)
            #expect(answer.status == 400)
            #expect(answer.json.message.contains("did you mean '\(nearest)'?"), "\(answer.json.message)")
        }
    }

    @Test(arguments: [
        ("policy: { epsilon-greedy: { epsilom: 0.1 } }", "epsilon"),
        ("policy: { epsilon-gredy: { epsilon: 0.1 } }", "epsilon-greedy"),
        ("ranker: { linear: { wieghts: {} } }", "weights"),
        ("experiments: [{ name: a, arms: [{ namee: x, share: 1 }] }]", "name"),
        ("experiments: [{ name: a, layr: x, arms: [{ name: x, share: 1 }] }]", "layer"),
        ("server: { drain-notise: 3 }", "server.drain-notice"),
    ]) func settingsHaveNoOtherKeys(yaml: String, nearest: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID()).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        #expect {
            try ServerConfiguration(file: file)
        } throws: {
            "\($0)".contains("did you mean '\(nearest)'?") && "\($0)".contains("\(file.path):1")
        }
        guard let variable = yaml.firstMatch(of: /^(policy|ranker|experiments): (.*)$/) else { return }
        #expect {
            try ServerConfiguration(environment: ["MARQUEE_\(variable.1.uppercased())": String(variable.2)])
        } throws: {
            "\($0)".contains("did you mean '\(nearest)'?") && "\($0)".contains("MARQUEE_\(variable.1.uppercased())")
        }
    }
}

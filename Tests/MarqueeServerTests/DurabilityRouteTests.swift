import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeServer
import Testing

/// What the files mean for who asks.
@Suite struct DurabilityRouteTests {
    private static let item = ServerFixture.model.items[7]

    /// A folder with some clicks in its log.
    private static func folder() async throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-durable-\(UUID())")
        let loop = try await LiveLoop(folder: folder)
        try await loop.deploy(ServerFixture.model, version: "ials-test")
        _ = try await loop.append([
            Event(id: "e", user: "ann", item: item, type: .click, time: EventLog.now() - 1_000)
        ])
        await loop.close()
        return folder
    }

    /// Nothing follows the log in the one, as before a server has read it: it says so, and shows nobody what they had.
    @Test func untilTheLogIsReadNobodyIsAnswered() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await ServerFixture.run(flags: ["data.folder": folder.path, "recommend.max-count": "1000"]) {
            client, server in
            #expect(try await client.send(.get, "/api/health/ready").status == 503)
            let answer = try await client.send(.get, "/api/recommend/ann")
            #expect(answer.status == 503 && answer.headers[.retryAfter] == "1")
            #expect(answer.json.message.contains("0 of 1 events"))
            #expect(try await client.send(.post, "/api/session/recommend", "{\"items\":[]}").status == 503)
            let following = Task { try await server.loop.follow() }
            try await server.loop.caughtUp()
            let later = try await client.send(.get, "/api/recommend/ann?n=1000")
            #expect(later.status == 200 && later.json.ids.count > 10 && !later.json.ids.contains(Self.item))
            await server.loop.close()
            _ = await following.result
        }
    }

    @Test func aServerThatHasReadItsLogIsReady() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await ServerFixture.run(flags: ["data.folder": folder.path], over: .live) { client, server in
            try await server.loop.caughtUp()
            while try await client.send(.get, "/api/health/ready").status != 200 {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try await !client.send(.get, "/api/recommend/ann?n=50").json.ids.contains(Self.item))
        }
    }

    @Test func erasingAUserAnswersWithTheProof() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await ServerFixture.run(flags: ["data.folder": folder.path], over: .live) { client, server in
            try await server.loop.caughtUp()
            #expect(try await client.send(.delete, "/api/users/ann").status == 404)
            let answer = try await client.send(.delete, "/api/users/ann?erase=true")
            #expect(answer.status == 200)
            let stores = answer.json["stores"] as? [[String: Any]] ?? []
            #expect(stores.first { $0["name"] as? String == "events" }?["before"] as? Int == 1)
            #expect(stores.allSatisfy { $0["after"] as? Int == 0 })
            #expect((answer.json["traces"] as? [Any])?.isEmpty == true)
            #expect(try await client.send(.get, "/api/recommend/ann").status == 200)
        }
    }
}

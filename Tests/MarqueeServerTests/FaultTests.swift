import Foundation
import MarqueeLive
import MarqueeRuntime
import Synchronization
import Testing

/// What goes wrong around a server: kills, floods, slowness, garbage. Each starts a server of its own.
@Suite(.serialized) struct FaultTests {
    private func folder() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("marquee-fault-\(UUID())")
    }

    /// `MARQUEE_KILLS` sets how often; 50 for the figure of the README.
    static let kills = ProcessInfo.processInfo.environment["MARQUEE_KILLS"].flatMap(Int.init) ?? 8

    /// Kills a server at random moments while somebody talks to it, and starts it again.
    private func killed(in folder: URL, seed: UInt64, while talk: (Wire) -> Void) throws {
        var random = RandomStream(seed: seed, "kills")
        for _ in 0..<Self.kills {
            let server = try RunningServer(folder: folder, settings: ["server.log-level": "critical"])
            let delay = 20 + random.nextUnit() * 300
            let killer = Thread {
                Thread.sleep(forTimeInterval: delay / 1_000)
                server.signal(SIGKILL)
            }
            killer.start()
            if let wire = try? Wire(server.port) { talk(wire) }
            server.signal(SIGKILL)
            #expect(server.wait() == -SIGKILL)
        }
    }

    @Test func killedDuringIngestionItLosesNothingAndCountsNothingTwice() async throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var next = 0
        var sent: Set<String> = []
        var acknowledged: Set<String> = []
        var pending: [String] = []
        try killed(in: folder, seed: 4) { wire in
            while true {
                // What was not acknowledged is sent again, as a client would.
                if pending.isEmpty {
                    pending = (0..<20).map { "event-\(next + $0)" }
                    next += 20
                }
                sent.formUnion(pending)
                let body = pending.map { "{\"id\":\"\($0)\",\"user\":\"u\",\"item\":\"i\",\"type\":\"click\"}" }.joined(
                    separator: "\n")
                guard let answer = try? wire.exchange(Wire.post("/api/events", body)), answer.hasPrefix("HTTP/1.1 200"),
                    answer.contains("\"rejected\":[]")
                else { break }
                acknowledged.formUnion(pending)
                pending = []
            }
        }
        let reader = try EventLogReader(folder.appendingPathComponent("live/events.sqlite"))
        let logged = try await reader.events(after: 0, limit: .max >> 1).map(\.event.id)
        #expect(Set(logged).count == logged.count)
        #expect(acknowledged.isSubset(of: logged))
        #expect(sent.isSuperset(of: logged))
        #expect(!acknowledged.isEmpty)
    }

    /// Who was answered finds the decision in the log, and it is there once.
    @Test func killedWhileItDecidesItLosesNoDecision() async throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var answered: Set<String> = []
        try killed(in: folder, seed: 5) { wire in
            while let answer = try? wire.exchange("GET /api/recommend/u HTTP/1.1\r\nHost: x\r\n\r\n"),
                let name = answer.firstMatch(of: /"decision":"([0-9a-f]+)"/)?.1
            { answered.insert(String(name)) }
        }
        let loop = try await LiveLoop(folder: folder.appendingPathComponent("live"))
        let logged = try await loop.decisions.decisions(limit: .max >> 1).map(\.name)
        await loop.close()
        #expect(Set(logged).count == logged.count)
        #expect(answered.isSubset(of: logged))
        #expect(!answered.isEmpty)
    }

    @Test func toldToStopItFinishesWhatItBegan() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RunningServer(folder: folder)
        let body = #"{"id":"e","user":"u","item":"i","type":"click"}"#
        let request = Wire.post("/api/events", body)
        let wire = try Wire(server.port)
        try wire.send(String(request.dropLast(10)))
        // Each of its loops has answered since, and so has read what came before.
        for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount { #expect(server.isAlive) }
        server.signal(SIGTERM)
        // No new connection is served once it drains.
        while (try? Wire(server.port)) != nil { usleep(20_000) }
        try wire.send(String(request.suffix(10)))
        let answer = try wire.receive()
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.contains("\"accepted\":1"))
        #expect(server.wait() == 0)
    }

    @Test func slowClientsAreClosedAndHinderNobody() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RunningServer(folder: folder, settings: ["server.idle-timeout": "1"])
        let silent = try Wire(server.port)
        let headless = try Wire(server.port)
        try headless.send("GET /api/health/live HTTP/1.1\r\nHost:")
        let bodyless = try Wire(server.port)
        try bodyless.send("POST /api/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        #expect(server.isAlive)
        #expect(try silent.receive() == "")
        #expect(try headless.receive() == "")
        #expect(try !bodyless.receive().hasPrefix("HTTP/1.1 200"))
        #expect(server.isAlive)
    }

    @Test func floodsAndGarbageGetOneClearErrorEach() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try RunningServer(folder: folder)
        func status(_ bytes: [UInt8]) -> String {
            guard let wire = try? Wire(server.port) else { return "refused" }
            // A server that has said no may close before everything is sent.
            try? wire.send(bytes)
            return (try? wire.receive()).map { String($0.prefix(12)) } ?? "closed"
        }
        func post(_ body: [UInt8], _ path: String = "/api/events") -> String {
            status(Array("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
        }
        #expect(post([UInt8](repeating: UInt8(ascii: "x"), count: 10_000_000)) == "HTTP/1.1 413")
        #expect(post(Array("{\"id\":".utf8)) == "HTTP/1.1 400")
        #expect(post([0xFF, 0xFE, 0x00, 0xC0]) == "HTTP/1.1 400")
        #expect(post(Array(String(repeating: "[", count: 100_000).utf8)) == "HTTP/1.1 400")
        #expect(post(Array(String(repeating: "[", count: 100_000).utf8), "/api/items") == "HTTP/1.1 400")
        #expect(post([0xFF, 0xFE], "/api/items") == "HTTP/1.1 400")
        #expect(post([], "/api/items") == "HTTP/1.1 400")
        let flood = (0..<500).map { "X-\($0): y\r\n" }.joined()
        #expect(!status(Array("GET /api/popular HTTP/1.1\r\nHost: x\r\n\(flood)\r\n".utf8)).hasPrefix("HTTP/1.1 200"))
        let long = String(repeating: "y", count: 1 << 20)
        #expect(
            !status(Array("GET /api/popular HTTP/1.1\r\nHost: x\r\nX: \(long)\r\n\r\n".utf8)).hasPrefix("HTTP/1.1 200"))
        #expect(!status(Array("GARBAGE\r\n\r\n".utf8)).hasPrefix("HTTP/1.1 200"))
        #expect(!status(Array("GET /\(long) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)).hasPrefix("HTTP/1.1 200"))
        #expect(server.isAlive)
        #expect(!server.errors.contains("Fatal"))
    }

    @Test func startedWithGarbageForAModelItServesWithoutOne() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = folder.appendingPathComponent("model")
        try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
        try Data("garbage".utf8).write(to: model.appendingPathComponent("model.json"))
        let server = try RunningServer(folder: folder, settings: ["model.path": model.path])
        let answer = try Wire(server.port).exchange(
            "GET /api/recommend/u HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(answer.contains("no model is deployed"))
        let errors = server.errors.split(separator: "\n").filter { $0.contains("error") }
        #expect(errors.count == 1 && errors[0].contains("train and save it again"))
    }
}

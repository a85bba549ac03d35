import Foundation
import MarqueeLive
import ProcessTesting
import Synchronization
import Testing

/// A server whose features live in Redis, which is killed, paused and started again while people come and go.
@Suite(.serialized) struct RedisFaultTests {
    /// Waited for Redis at most a quarter of it a question; long, so that a busy machine makes no difference.
    static let deadline = 4_000

    /// What one phase of the test saw.
    private struct Seen {
        var answers = 0
        var failures: [String] = []
        /// Answers that said that features are missing.
        var lacking = 0
        var slowest = Duration.zero
        var acknowledged = 0
    }

    /// People who click and ask, until told to stop.
    private final class Load: Sendable {
        private let seen = Mutex(Seen())
        private let isOver = Atomic(false)
        private let running = DispatchGroup()

        init(_ port: UInt16) {
            for worker in 0..<3 {
                running.enter()
                Thread.detachNewThread { [self] in
                    defer { running.leave() }
                    guard let wire = try? Wire(port) else {
                        return seen.withLock { $0.failures.append("no connection") }
                    }
                    var number = 0
                    while !isOver.load(ordering: .relaxed) {
                        number += 1
                        let user = "user-\(worker)-\(number % 20)"
                        let event =
                            "{\"id\":\"\(worker)-\(number)\",\"user\":\"\(user)\",\"item\":\"i\(number % 40)\",\"type\":\"click\"}"
                        ask(wire, Wire.post("/api/events", event)) { $0.acknowledged += 1 }
                        ask(wire, "GET /api/recommend/\(user)?n=5 HTTP/1.1\r\nHost: x\r\n\r\n") { _ in }
                    }
                }
            }
        }

        private func ask(_ wire: Wire, _ request: String, _ note: (inout Seen) -> Void) {
            let start = ContinuousClock.now
            let answer = (try? wire.exchange(request)) ?? "nothing"
            let time = start.duration(to: .now)
            seen.withLock { seen in
                seen.answers += 1
                seen.slowest = max(seen.slowest, time)
                if answer.contains("features: ") { seen.lacking += 1 }
                if answer.hasPrefix("HTTP/1.1 200") {
                    note(&seen)
                } else {
                    seen.failures.append(String(answer.prefix(200)))
                }
            }
        }

        /// What was seen since the last time, once there were `answers` more.
        func phase(answers: Int) -> Seen {
            seen.withLock { $0 = Seen() }
            while seen.withLock({ $0.answers < answers && $0.failures.isEmpty }) { usleep(2_000) }
            return seen.withLock { $0 }
        }

        /// The first phase in which nothing is missing, if one comes.
        func untilComplete() -> Seen {
            var seen = Seen()
            for _ in 0..<500 {
                seen = phase(answers: 100)
                if seen.lacking == 0 || !seen.failures.isEmpty { break }
            }
            return seen
        }

        func stop() {
            isOver.store(true, ordering: .relaxed)
            running.wait()
        }
    }

    @Test(.enabled(if: RedisServer.isInstalled, "redis-server is not installed"))
    func killedUnderLoadItIsDoneWithoutAndThenItReturns() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-redis-fault-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        // Without a file: it comes back with nothing, and the log is replayed into it.
        let redis = try RedisServer()
        let server = try RunningServer(
            folder: folder,
            settings: [
                "features.store": "redis", "features.redis": "127.0.0.1:\(redis.address.port)",
                "recommend.deadline": "\(Self.deadline)",
                "server.log-level": "critical",
            ])
        let items = (0..<40).map { "{\"id\":\"i\($0)\"}" }.joined(separator: ",")
        #expect(try Wire(server.port).exchange(Wire.post("/api/items", "[\(items)]")).hasPrefix("HTTP/1.1 200"))
        let load = Load(server.port)
        defer { load.stop() }

        let before = load.phase(answers: 300)
        #expect(before.failures.isEmpty)
        #expect(before.lacking == 0)

        redis.kill()
        let dead = load.phase(answers: 400)
        #expect(dead.failures.isEmpty)
        #expect(dead.lacking > 0 && dead.acknowledged > 0)
        #expect(dead.slowest < .milliseconds(Self.deadline))

        try redis.restart()
        // Connections are tried again after a moment.
        let after = load.untilComplete()
        #expect(after.failures.isEmpty && after.lacking == 0)

        // It takes connections and says nothing: the worst of its moods.
        redis.pause()
        let silent = load.phase(answers: 40)
        redis.resume()
        #expect(silent.failures.isEmpty)
        #expect(silent.lacking > 0)
        #expect(silent.slowest < .milliseconds(Self.deadline))
        let again = load.untilComplete()
        #expect(again.failures.isEmpty && again.lacking == 0)
        load.stop()

        // Redis has what the log says, what came while it was dead included.
        let definitions = try FeatureDefinitions(yaml: EngineFeatures.standardDefinitions)
        let found = EngineFeatures(definitions, store: RedisStore(redis.address))
        let expected = EngineFeatures(definitions, store: EmbeddedStore())
        let log = try EventLogReader(folder.appendingPathComponent("live/events.sqlite"))
        let events = try await log.events(after: 0, limit: .max >> 1)
        #expect(events.count >= before.acknowledged + dead.acknowledged)
        try await expected.writer?.apply(events)
        let users = Set(events.compactMap(\.event.user))
        #expect(users.count == 60)
        let now = EventLog.now()
        for user in users.sorted() {
            let wanted = try await expected.recent(of: .user(user), at: now).map(\.item)
            #expect(!wanted.isEmpty)
            var items: [String] = []
            for _ in 0..<1_000 {
                items = try await found.recent(of: .user(user), at: now).map(\.item)
                if items == wanted { break }
                // The server is still replaying its log.
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(items == wanted)
        }
    }
}

import Foundation
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeServer
import Synchronization

extension Benchmark {
    /// From an event's acknowledgement to a recommendation that has seen it, while 5,000 events/s come in.
    static let freshness = Benchmark(
        name: "freshness",
        summary: "freshness: POST acknowledged to visible in a recommendation, beside 5,000 events/s",
        contests: [
            Contest(
                name: "embedded", prepare: { _ in }, ours: { try run($0, flags: [:], limit: 5) }, peers: [],
                rows: [
                    Row("embedded, p50", "p50_ms", unit: "ms", better: .less, against: []),
                    Row("embedded, p99", "p99_ms", unit: "ms", better: .less, against: [], limit: "limit_ms"),
                ]),
            Contest(
                name: "redis", prepare: { _ in },
                ours: { workspace in
                    try RedisServer.run { port in
                        try run(workspace, flags: ["features.store": "redis", "features.redis": "127.0.0.1:\(port)"], limit: 10)
                    }
                }, peers: [],
                rows: [
                    Row("through Redis, p50", "p50_ms", unit: "ms", better: .less, against: []),
                    Row("through Redis, p99", "p99_ms", unit: "ms", better: .less, against: [], limit: "limit_ms"),
                ]),
        ])

    private static func run(_ workspace: Workspace, flags: [String: String], limit: Double) throws -> Figures {
        try LiveWorld.serve(workspace, flags: flags) { port, server in
            guard let model = server.loop.model, let features = server.features else { return [:] }
            let items = model.saved.items
            let stop = Atomic<Bool>(false)
            // 50 batches of 100 a second.
            let background = Thread {
                _ = HTTPLoad.run(port: port, connections: 4, seconds: 30, rate: 50) { index in
                    if stop.load(ordering: .relaxed) { return HTTPLoad.get("/api/health/live") }
                    let lines = (0..<100).map { k in
                        "{\"id\":\"b\(index)-\(k)\",\"user\":\"b\((index * 100 + k) % 5_000)\",\"item\":\"\(items[Int32((index * 37 + k * 11) % items.count)])\",\"type\":\"click\"}"
                    }
                    return HTTPLoad.post("/api/events", lines.joined(separator: "\n"))
                }
            }
            background.start()
            try await Task.sleep(for: .seconds(1))
            guard let socket = LoopbackSocket(port: port) else { return [:] }
            var latencies: [Double] = []
            for index in 0..<2_000 {
                let who = "fresh\(index % 500)"
                let item = items[Int32((index * 7_919) % items.count)]
                guard socket.exchange(
                    HTTPLoad.post("/api/events", "{\"id\":\"f\(index)\",\"user\":\"\(who)\",\"item\":\"\(item)\",\"type\":\"click\"}"))
                else { continue }
                let acknowledged = ContinuousClock.now
                while true {
                    // Both what the feature store says and what the decision leaves out.
                    let recent = try await features.recent(of: .user(who), at: EventLog.now()).first?.item
                    if recent == item {
                        let decision = try await server.loop.decide(DecisionQuery(who: .user(who), count: 10))
                        if decision.link == .session, !decision.choices.items.contains(item) { break }
                    }
                    if acknowledged.duration(to: .now) > .seconds(2) { break }
                }
                latencies.append(acknowledged.duration(to: .now) / .milliseconds(1))
                try await Task.sleep(for: .milliseconds(3))
            }
            stop.store(true, ordering: .relaxed)
            latencies.sort()
            return [
                "p50_ms": latencies[latencies.count / 2], "p99_ms": latencies[latencies.count * 99 / 100], "limit_ms": limit,
                "samples": Double(latencies.count),
            ]
        }
    }
}

/// A Redis of its own on a free loopback port.
enum RedisServer {
    static func run<Result>(_ body: (Int) throws -> Result) throws -> Result {
        let port = 20_000 + Int(getpid()) % 20_000
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        for _ in 0..<100 where LoopbackSocket(port: port) == nil { usleep(50_000) }
        return try body(port)
    }
}

import Foundation
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeServer

extension Benchmark {
    /// From an event's acknowledgment to a recommendation that has seen it, while 5,000 events/s come in.
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
                        try run(
                            workspace, flags: ["features.store": "redis", "features.redis": "127.0.0.1:\(port)"],
                            limit: 10)
                    }
                }, peers: [],
                rows: [
                    Row("through Redis, p50", "p50_ms", unit: "ms", better: .less, against: []),
                    Row("through Redis, p99", "p99_ms", unit: "ms", better: .less, against: [], limit: "limit_ms"),
                ]),
        ])

    private static func run(_ workspace: Workspace, flags: [String: String], limit: Double) throws -> Figures {
        try LiveWorld.serve(workspace, flags: flags) { port, server in
            guard let items = server.loop.model?.saved.items, server.features != nil else { return [:] }
            // 50 batches of 100 a second, until this returns.
            async let _ = HTTPLoad.run(port: port, connections: 4, seconds: 30, rate: 50) { index in
                let lines = (0..<100).map { k in
                    "{\"id\":\"b\(index)-\(k)\",\"user\":\"b\((index * 100 + k) % 5_000)\",\"item\":\"\(items[Int32((index * 37 + k * 11) % items.count)])\",\"type\":\"click\"}"
                }
                return HTTPLoad.post("/api/events", lines.joined(separator: "\n"))
            }
            // A server that has just started has no lists of neighbors ready yet.
            try await Task.sleep(for: .seconds(10))
            // On a thread of its own: a task that waits for its answers would take a worker from the server.
            let latencies = await withCheckedContinuation { done in
                Thread { done.resume(returning: probe(port: port)) }.start()
            }
            guard !latencies.isEmpty else { return [:] }
            return [
                "p50_ms": latencies[latencies.count / 2], "p99_ms": latencies[latencies.count * 99 / 100],
                "limit_ms": limit,
                "samples": Double(latencies.count),
            ]
        }
    }

    /// Somebody new asks, clicks on the best that there was to choose, and asks again until that is gone and the
    /// model answers by what was clicked: milliseconds from the click's acknowledgment, ascending.
    private static func probe(port: Int) -> [Double] {
        guard let socket = LoopbackSocket(port: port) else { return [] }
        var latencies: [Double] = []
        for index in 0..<2_000 {
            let ask = HTTPLoad.get("/api/recommend/fresh\(index)?n=1&choices=1")
            guard let before = socket.body(ask).map({ String(decoding: $0, as: UTF8.self) }),
                let mark = before.range(of: "\"id\":\"")
            else { continue }
            let item = before[mark.upperBound...].prefix { $0 != "\"" }
            let click = "{\"id\":\"f\(index)\",\"user\":\"fresh\(index)\",\"item\":\"\(item)\",\"type\":\"click\"}"
            guard socket.exchange(HTTPLoad.post("/api/events", click)) else { continue }
            let acknowledged = ContinuousClock.now
            while acknowledged.duration(to: .now) < .seconds(2) {
                guard let after = socket.body(ask).map({ String(decoding: $0, as: UTF8.self) }) else { break }
                if after.contains("\"link\":\"model\""), !after.contains("\"\(item)\"") { break }
                usleep(100)
            }
            latencies.append(acknowledged.duration(to: .now) / .milliseconds(1))
            usleep(3_000)
        }
        return latencies.sorted()
    }
}

/// A Redis of its own on a free loopback port.
enum RedisServer {
    static func run<Result>(_ body: (Int) throws -> Result) throws -> Result {
        let port = 20_000 + Int(getpid()) % 12_000
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        ]
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

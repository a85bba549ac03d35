import Foundation
import MarqueeLive
import MarqueeServer

extension Benchmark {
    /// What somebody who sends events gets, each answer only after the sync; and the log without HTTP, which bounds it.
    static let events = Benchmark(
        name: "events",
        summary:
            "events: durable (each commit synced) when answered, server and load on one machine; limit is what is asked for, of the log alone a plain file with as many syncs",
        contests: [
            Contest(
                name: "batches", prepare: { _ in }, ours: { try post($0, batch: 1_000, connections: 4, aim: 50_000) },
                peers: [],
                rows: rows("POST, batches of 1,000, 4 connections") + [
                    Row(
                        "POST, batches of 1,000, until in features and decisions", "applied_per_second",
                        unit: "events/s", better: .more, against: [])
                ]),
            Contest(
                name: "single-64", prepare: { _ in }, ours: { try post($0, batch: 1, connections: 64, aim: 5_000) },
                peers: [],
                rows: rows("POST, one at a time, 64 connections")),
            Contest(
                name: "single-256", prepare: { _ in }, ours: { try post($0, batch: 1, connections: 256, aim: 5_000) },
                peers: [],
                rows: rows("POST, one at a time, 256 connections")),
            Contest(
                name: "log-batches", prepare: { _ in },
                ours: { try EventLogLoad.measure($0, events: 600_000, batch: 1_000, senders: 4) },
                peers: [], rows: EventLogLoad.rows("the log alone, batches of 1,000, 4 senders")),
            Contest(
                name: "log-single", prepare: { _ in },
                ours: { try EventLogLoad.measure($0, events: 60_000, batch: 1, senders: 256) },
                peers: [], rows: EventLogLoad.rows("the log alone, one at a time, 256 senders")),
        ])

    private static func rows(_ name: String) -> [Row] {
        [
            Row(name, "per_second", unit: "events/s", better: .more, against: [], limit: "aim"),
            Row("\(name), p99", "p99_ms", unit: "ms", better: .less, against: []),
        ]
    }

    private static func post(_ workspace: Workspace, batch: Int, connections: Int, aim: Double) throws -> Figures {
        try LiveWorld.serve(workspace) { port, server in
            guard let model = server.loop.model?.saved else { return [:] }
            let templates = (0..<max(1, 4_096 / batch)).map { EventTemplate(batch, of: model, seed: UInt64($0)) }
            let count = templates.count
            func load(_ seconds: Double, from number: Int) async -> HTTPLoad.Outcome {
                await HTTPLoad.run(port: port, connections: connections, seconds: seconds, rate: nil) { index in
                    templates[index % count].request(number: number + index)
                }
            }
            _ = await load(1, from: 0)
            let before = server.loop.events.lastSequence
            let start = ContinuousClock.now
            let outcome = await load(8, from: 1 << 24)
            let last = server.loop.events.lastSequence
            try await server.loop.applied(last)
            try await (server.features as? EngineFeatures)?.writer?.settle(through: last)
            let applied = start.duration(to: .now) / .seconds(1)
            guard outcome.failures == 0, Int(last - before) == outcome.latencies.count * batch else {
                throw BenchmarkError.eventsLost(
                    sent: outcome.latencies.count * batch, kept: Int(last - before), failures: outcome.failures)
            }
            return [
                "per_second": outcome.rate * Double(batch), "p99_ms": 1_000 * outcome.quantile(0.99), "aim": aim,
                "applied_per_second": Double(last - before) / applied,
            ]
        }
    }
}

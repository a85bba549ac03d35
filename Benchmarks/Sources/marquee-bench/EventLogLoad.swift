import Foundation
import MarqueeLive
import MarqueeRuntime
import Synchronization

/// The event log in this process, without HTTP: from JSON to durable and into features.
enum EventLogLoad {
    static func rows(_ name: String) -> [Row] {
        [
            Row(name, "per_second", unit: "events/s", better: .more, against: [], limit: "limit_per_second"),
            Row("\(name), until in the features", "applied_per_second", unit: "events/s", better: .more, against: []),
            Row(
                "\(name), decoding alone, one core", "decoded_per_second", unit: "events/s", better: .more, against: []),
        ]
    }

    private static let definitions = """
        entities: { user: user, item: item, taste: [user, context.category] }
        features:
          item-clicks: { entity: item, count: click }
          item-heat: { entity: item, decayed-count: { of: [click, view], half-life: 6h } }
          item-ctr: { entity: item, ratio: { of: click, over: impression, bucket: 1h, buckets: 24 } }
          user-recent: { entity: user, last: { of: [click, view], keep: 20 } }
          user-idle: { entity: user, time-since: click }
          user-spend: { entity: user, decayed-sum: { of: purchase, half-life: 30d } }
          taste: { entity: taste, decayed-count: { of: [click, view], half-life: 7d } }
        """

    /// Requests as they would arrive: 100,000 people, 20,000 items, half of what happens on the first hundred.
    private static func bodies(_ count: Int, batch: Int) -> [[UInt8]] {
        var random = SystemRandomNumberGenerator()
        let types: [EventType] = [.impression, .impression, .impression, .click, .view, .purchase]
        let now = EventLog.now()
        return (0..<count / batch).map { number in
            let events = (0..<batch).map { index in
                Event(
                    id: UUID().uuidString, user: "user-\(Int.random(in: 0..<100_000, using: &random))",
                    item:
                        "item-\(Bool.random(using: &random) ? Int.random(in: 0..<100, using: &random) : Int.random(in: 0..<20_000, using: &random))",
                    domain: "video", type: types[(number + index) % types.count], value: 1.5,
                    context: ["category": "c\(Int.random(in: 0..<20, using: &random))"], time: now,
                    decision: "d-\(number)", position: index % 10)
            }
            return batch == 1
                ? Array(events[0].json.utf8) : Array("[\(events.map(\.json).joined(separator: ","))]".utf8)
        }
    }

    static func measure(_ workspace: Workspace, events: Int, batch: Int, senders: Int) throws -> Figures {
        let bodies = bodies(max(batch * senders, Int(Double(events) * workspace.scale)), batch: batch)
        let folder = workspace.folder.appendingPathComponent("events-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var figures = try finished {
            try await ingest(bodies, into: folder.appendingPathComponent("events.sqlite"), senders: senders)
        }

        let start = ContinuousClock.now
        var count = 0
        for body in bodies.prefix(max(1, 100_000 / batch)) {
            count += SentEvents(json: body, received: EventLog.now()).events.count
        }
        figures["decoded_per_second"] = Double(count) / ((ContinuousClock.now - start) / .seconds(1))

        // What group commit can hope for: all senders' requests in one sync.
        let group = batch == 1 ? senders : 1
        figures["limit_per_second"] = try plainFile(
            bodies, batch: batch, group: group, folder.appendingPathComponent("plain"))
        return figures
    }

    private static func ingest(_ bodies: [[UInt8]], into url: URL, senders: Int) async throws -> Figures {
        let log = try EventLog(url)
        let writer = FeatureWriter(try FeatureDefinitions(yaml: definitions), store: EmbeddedStore())
        let following = Task { try await writer.follow(log) }
        let turn = Turn()
        let start = ContinuousClock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<senders {
                group.addTask {
                    var count = 0
                    while case let index = turn.next.add(1, ordering: .relaxed).oldValue, index < bodies.count {
                        count += try await log.append(SentEvents(json: bodies[index], received: EventLog.now()).events)
                            .count
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try await writer.settle(through: log.lastSequence)
        let settledSeconds = (ContinuousClock.now - start) / .seconds(1)
        await log.close()
        try await following.value
        return ["per_second": Double(count) / seconds, "applied_per_second": Double(count) / settledSeconds]
    }

    /// The same requests appended to a plain file, synced after each `group` of them.
    private static func plainFile(_ bodies: [[UInt8]], batch: Int, group: Int, _ url: URL) throws -> Double {
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw BenchmarkError.dataMissing(url.path) }
        defer { close(descriptor) }
        let start = ContinuousClock.now
        for (index, body) in bodies.enumerated() {
            _ = body.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if index % group == group - 1 { fsync(descriptor) }
        }
        return Double(bodies.count * batch) / ((ContinuousClock.now - start) / .seconds(1))
    }
}

/// Which request is the next to be sent, by whoever is free.
private final class Turn: Sendable {
    let next = Atomic<Int>(0)
}

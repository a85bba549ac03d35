import Foundation
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeRuntime
import MarqueeServer
import Synchronization

extension Benchmark {
    /// Memory over time, under the mix that a site has: known people, people who come back, and new ones all the time.
    ///
    /// What is remembered is bounded by settings, and the server's own are for months of strangers: here they are
    /// small enough to be reached within two minutes, and so is the catalog, of which a model remembers a list of
    /// neighbors an item: whatever still grows then grows for ever.
    static let soak = Benchmark(
        name: "soak",
        summary:
            "soak: 200 visits/s, each a recommendation and the ten impressions and clicks that follow; three in ten by somebody new",
        contests: [
            Contest(
                name: "memory", prepare: { _ in }, ours: { try run($0) }, peers: [],
                rows: [
                    Row("resident after a tenth of it", "at_1", unit: "bytes", better: .less, against: []),
                    Row("resident after a fifth", "at_2", unit: "bytes", better: .less, against: []),
                    Row("resident after half", "at_5", unit: "bytes", better: .less, against: []),
                    Row("resident at the end", "at_10", unit: "bytes", better: .less, against: []),
                    Row("slope from a fifth on", "slope", unit: "bytes/min", better: .less, against: []),
                    Row("visits", "visits_per_second", unit: "visits/s", better: .more, against: []),
                    Row("a visit's two requests, p99", "p99_ms", unit: "ms", better: .less, against: []),
                    Row("events", "events_per_second", unit: "events/s", better: .more, against: []),
                    Row("requests that failed", "failures", unit: "visits", better: .less, against: []),
                ])
        ],
        repeats: 1)

    private static let bounds = ["memory.people": "10000", "memory.features": "10000", "memory.decisions": "10000"]

    private static func run(_ workspace: Workspace) throws -> Figures {
        try LiveWorld.serve(workspace, items: 3_000, flags: bounds) { port, server in
            guard let model = server.loop.model?.saved else { return [:] }
            let seconds = workspace.minutes * 60
            let visitors = Visitors(users: model.users)
            let memory = Task { await watch(server, seconds) }
            let outcome = await HTTPLoad.run(port: port, connections: 8, seconds: seconds, rate: 200) {
                visitors.visit($0, $1)
            }
            let samples = await memory.value
            func at(_ share: Double) -> Double {
                samples.last { $0.minute <= share * workspace.minutes + 0.02 }?.bytes ?? .nan
            }
            return [
                "at_1": at(0.1), "at_2": at(0.2), "at_5": at(0.5), "at_10": at(1),
                "slope": slope(samples.filter { $0.minute >= 0.2 * workspace.minutes }),
                "visits_per_second": outcome.rate, "p99_ms": 1_000 * outcome.quantile(0.99),
                "events_per_second": Double(server.loop.events.lastSequence) / outcome.seconds,
                "failures": Double(outcome.failures),
            ]
        }
    }

    private struct Sample: Sendable {
        let minute, bytes: Double
    }

    /// What is resident, every few seconds; once a minute with what is remembered, for whoever waits.
    private static func watch(_ server: Server, _ seconds: Double) async -> [Sample] {
        let start = ContinuousClock.now
        var samples: [Sample] = []
        var told = 0
        while start.duration(to: .now) < .seconds(seconds) {
            try? await Task.sleep(for: .seconds(min(5, seconds / 50)))
            let minute = start.duration(to: .now) / .seconds(60)
            samples.append(
                Sample(minute: minute, bytes: Double(ProcessMemory.residentBytes() ?? ProcessMemory.peakBytes())))
            guard Int(minute) > told else { continue }
            told = Int(minute)
            let line = String(
                format:
                    "soak: minute %d, %.1f MB; %d people, %d statistics, %d neighbor lists, %d events, %d outcomes joined, %d not\n",
                told,
                samples[samples.count - 1].bytes / 1e6, server.loop.audience.count,
                server.features?.statisticCount ?? 0,
                server.loop.model?.listCounts.items ?? 0, server.loop.events.lastSequence,
                server.loop.learner.counts.joined,
                server.loop.learner.counts.unjoined)
            FileHandle.standardError.write(Data(line.utf8))
        }
        return samples
    }

    /// Of the least squares line, in bytes a minute.
    private static func slope(_ samples: [Sample]) -> Double {
        let count = Double(samples.count)
        let minute = samples.reduce(0) { $0 + $1.minute } / count, bytes = samples.reduce(0) { $0 + $1.bytes } / count
        let covariance = samples.reduce(0) { $0 + ($1.minute - minute) * ($1.bytes - bytes) }
        return covariance / samples.reduce(0) { $0 + ($1.minute - minute) * ($1.minute - minute) }
    }
}

/// Those who visit a server in a soak.
private final class Visitors: Sendable {
    private let users: Vocabulary
    private let newcomers = Atomic<Int>(0)
    private let stream = RandomStream(seed: 4, "soak")

    init(users: Vocabulary) { self.users = users }

    /// Asks for ten items, and tells of ten impressions and half of the time of a click; now and then of an item that
    /// the catalog does not know.
    func visit(_ socket: LoopbackSocket, _ index: Int) -> Bool {
        let draw = stream.integer(at: UInt64(index), below: 100)
        let (ask, who) = ask(index, draw)
        guard let answer = socket.body(ask).map({ String(decoding: $0, as: UTF8.self) }),
            let decision = Self.texts(answer, "decision").first
        else { return false }
        let items = Self.texts(answer, "id")
        var lines = items.enumerated().map { place, item in
            "{\"id\":\"i\(index)-\(place)\",\(who),\"item\":\"\(item)\",\"type\":\"impression\",\"decision\":\"\(decision)\",\"position\":\(place)}"
        }
        if draw % 2 == 0, let item = items.dropFirst(index % 10).first {
            lines.append(
                "{\"id\":\"c\(index)\",\(who),\"item\":\"\(item)\",\"type\":\"click\",\"decision\":\"\(decision)\"}")
        }
        if draw == 99 { lines.append("{\"id\":\"l\(index)\",\(who),\"item\":\"later-\(index)\",\"type\":\"view\"}") }
        return items.count == 10 && socket.exchange(HTTPLoad.post("/api/events", lines.joined(separator: "\n")))
    }

    /// The request, and who asks as an event's fields say it.
    private func ask(_ index: Int, _ draw: Int) -> (request: [UInt8], who: String) {
        switch draw {
        case ..<60, 99: return user(users[Int32(stream.integer(at: UInt64(index) + 1 << 40, below: users.count))])
        case ..<70:
            return user(
                "new-\(stream.integer(at: UInt64(index) + 1 << 41, below: max(1, newcomers.load(ordering: .relaxed))))")
        case ..<85: return user("new-\(newcomers.add(1, ordering: .relaxed).oldValue)")
        default:
            let body = "{\"session\":\"s-\(index)\",\"items\":[]}"
            return (HTTPLoad.post("/api/session/recommend", body), "\"session\":\"s-\(index)\"")
        }
    }

    private func user(_ id: String) -> (request: [UInt8], who: String) {
        (HTTPLoad.get("/api/recommend/\(id)?n=10"), "\"user\":\"\(id)\"")
    }

    /// The texts that stand under a key, in their order.
    private static func texts(_ json: String, _ key: String) -> [Substring] {
        json.split(separator: "\"\(key)\":\"", omittingEmptySubsequences: false).dropFirst().map {
            $0.prefix { $0 != "\"" }
        }
    }
}

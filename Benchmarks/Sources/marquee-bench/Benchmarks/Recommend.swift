import Foundation
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeRuntime
import MarqueeServer

extension Benchmark {
    /// The whole way from a request to a logged decision, over 100,000 items.
    static let recommend = Benchmark(
        name: "recommend",
        summary: "recommend: 100,000 items, candidates to logged decision over HTTP, server and load on one machine",
        contests: [
            Contest(
                name: "paced", prepare: { _ in }, ours: { try paced($0) }, peers: [],
                rows: [
                    Row("500 requests/s, p50", "p50_ms", unit: "ms", better: .less, against: [], limit: "p50_limit"),
                    Row("500 requests/s, p99", "p99_ms", unit: "ms", better: .less, against: [], limit: "p99_limit"),
                ]
                    + DecisionStage.allCases.map { stage in
                        Row(
                            "a decision's \(stage.name)", stage.name, unit: "us", better: .less, against: [],
                            limit: "decision_us")
                    } + [Row("a decision", "decision_us", unit: "us", better: .less, against: [])]),
            Contest(
                name: "saturated", prepare: { _ in }, ours: { try saturated($0) }, peers: [],
                rows: [
                    // Of limit: a third is asked for.
                    Row(
                        "saturated, beside bare Hummingbird", "rate", unit: "requests/s", better: .more, against: [],
                        limit: "hello_rate")
                ]),
        ])

    /// As many as there are users, each of one drawn at random; made before, so that the load costs little.
    private static func requests(_ users: [String]) -> [[UInt8]] {
        let stream = RandomStream(seed: 1, "bench users")
        return users.indices.map {
            HTTPLoad.get("/api/recommend/\(users[stream.integer(at: UInt64($0), below: users.count)])?n=10")
        }
    }

    private static func paced(_ workspace: Workspace) throws -> Figures {
        try LiveWorld.serve(workspace) { port, server in
            let users = server.loop.model.map { $0.saved.users.ids } ?? []
            let requests = requests(users)
            _ = await HTTPLoad.run(port: port, connections: 16, seconds: 2, rate: 500) { requests[$0 % requests.count] }
            var stages = [Double](repeating: 0, count: DecisionStage.allCases.count)
            let samples = 2_000
            for index in 0..<samples {
                let decision = try await server.loop.decide(
                    DecisionQuery(who: .user(users[index % users.count]), count: 10))
                for stage in stages.indices { stages[stage] += decision.stages[stage] / Double(samples) * 1e6 }
            }
            let outcome = await HTTPLoad.run(port: port, connections: 16, seconds: 20, rate: 500) {
                requests[$0 % requests.count]
            }
            var figures: Figures = [
                "p50_ms": 1_000 * outcome.quantile(0.5), "p99_ms": 1_000 * outcome.quantile(0.99), "p50_limit": 2,
                "p99_limit": 10,
                "failures": Double(outcome.failures), "decision_us": stages.reduce(0, +),
            ]
            for stage in DecisionStage.allCases { figures[stage.name] = stages[stage.rawValue] }
            return figures
        }
    }

    /// In turns of a second or two, so that both meet the machine as it is at the time.
    private static func saturated(_ workspace: Workspace) throws -> Figures {
        try LiveWorld.serve(workspace) { port, server in
            let requests = requests(server.loop.model.map { $0.saved.users.ids } ?? [])
            let hello = HTTPLoad.get("/hello")
            return try await LiveWorld.hello { helloPort in
                var figures: Figures = ["rate": 0, "hello_rate": 0, "failures": 0]
                let rounds = 6
                for round in 0...rounds {
                    let bare = await HTTPLoad.run(port: helloPort, connections: 32, seconds: 1.5, rate: nil) { _ in
                        hello
                    }
                    let ours = await HTTPLoad.run(port: port, connections: 32, seconds: 1.5, rate: nil) {
                        requests[$0 % requests.count]
                    }
                    guard round > 0 else { continue }  // The first warms both up.
                    figures["rate", default: 0] += ours.rate / Double(rounds)
                    figures["hello_rate", default: 0] += bare.rate / Double(rounds)
                    figures["failures", default: 0] += Double(ours.failures)
                }
                return figures
            }
        }
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime

extension Benchmark {
    /// Everybody's ten best of all items.
    static let rank = Benchmark(
        name: "rank", summary: "rank: the ten best of all items for every user, touched items left out, 64 factors",
        contests: [contest(.ml1M), contest(.ml20M)])

    private static let factors = 64

    private static func contest(_ world: World) -> Contest {
        let peers = [("all at once", 0), ("1,000 a call", 1000)].map { name, batch in
            Peer(name: "implicit, \(name)", script: "rank.py") { [$0.place(of: world).path, "--batch", "\(batch)"] }
        }
        return Contest(
            name: world.name, prepare: { try prepare(world, $0) }, ours: { try rank(world, $0) }, peers: peers,
            rows: [
                Row(world.name, "users_per_second", unit: "users/s", better: .more, against: peers.map(\.name)),
                // Equal when both found the same lists.
                Row(
                    "\(world.name), mean score", "mean_score", unit: "of the ten", better: .more,
                    against: peers.map(\.name)),
            ])
    }

    /// Random factors: what they mean makes no difference to the work.
    private static func prepare(_ world: World, _ workspace: Workspace) throws {
        try workspace.prepare(world)
        let place = workspace.place(of: world)
        try workspace.once(place, "item_factors.npy") {
            let shape: [Int64] = try NumpyFile.read(place.appendingPathComponent("shape.npy"))
            for (name, rows, seed) in [("user", shape[0], 1), ("item", shape[1], 2)] as [(String, Int64, UInt64)] {
                try NumpyFile.write(
                    normal(Int(rows) * factors, seed: seed), shape: [Int(rows), factors],
                    to: place.appendingPathComponent("\(name)_factors.npy"))
            }
        }
    }

    private static func rank(_ world: World, _ workspace: Workspace) throws -> Figures {
        let place = workspace.place(of: world)
        let touched = try workspace.matrix(of: world)
        let scorer = FactorScorer(
            rank: factors, userFactors: try NumpyFile.read(place.appendingPathComponent("user_factors.npy")),
            itemFactors: try NumpyFile.read(place.appendingPathComponent("item_factors.npy")))
        let users = (0..<Int32(touched.rowCount)).map { $0 }
        _ = try scorer.topK(10, for: Array(users.prefix(1000)), excluding: touched)  // Warm-up.
        let clock = ContinuousClock()
        let start = clock.now
        let lists = try scorer.topK(10, for: users, excluding: touched)
        let seconds = (clock.now - start) / .seconds(1)
        return [
            "users_per_second": Double(users.count) / seconds,
            "mean_score": lists.scores.reduce(0) { $0 + Double($1) } / Double(lists.scores.count),
        ]
    }

    private static func normal(_ count: Int, seed: UInt64) -> [Float] {
        var stream = RandomStream(seed: seed, "benchmark factors")
        var values: [Float] = []
        values.reserveCapacity(count + 1)
        while values.count < count {
            let (first, second) = stream.normalPair()
            values.append(Float(first))
            values.append(Float(second))
        }
        return Array(values.prefix(count))
    }
}

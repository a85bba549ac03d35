import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime

extension Benchmark {
    /// What a step of MBH-GNN takes, in time and memory, on the simulated ML-20M with three behaviors: as it
    /// grows with edges, with hops and with width; and on samples, where it does not grow with edges.
    static let graphMemory = Benchmark(
        name: "graph-memory",
        summary: "graph-memory: a step of mbh-gnn (2 layers, batch 512) on simulated view, cart and buy over "
            + "165,771 nodes; limit: 8 GB",
        contests: [
            contest(edges: 20_000_000), contest(edges: 10_000_000), contest(), contest(edges: 2_500_000),
            contest(hops: 1), contest(hops: 3), contest(width: 32), contest(width: 128),
            contest(neighbors: 3), contest(edges: 20_000_000, neighbors: 3),
        ])

    private static func contest(edges: Int = 5_000_000, hops: Int = 2, width: Int = 64, neighbors: Int = 0) -> Contest {
        let name =
            "\(Double(edges) / 1e6) M edges, \(hops) hops, d = \(width)"
            + (neighbors > 0 ? ", \(neighbors) neighbors" : "")
        return Contest(
            name: name, prepare: { try $0.prepare(.ml20M) },
            ours: { workspace in
                var config = MBHGNN.Config()
                config.factors = width
                config.hops = hops
                config.neighbors = neighbors
                let epoch = try GraphEpoch<MBHGNN>(config, data: TrainingSet(log: log(edges, in: workspace)))
                return try epoch.train(steps: 4).merging(["limit_bytes": 8e9]) { $1 }
            },
            peers: [],
            rows: [
                Row(name, "step_seconds", unit: "s/step", better: .less, against: []),
                Row(
                    "\(name), peak memory", "peak_bytes", unit: "bytes", better: .less, against: [],
                    limit: "limit_bytes"),
            ])
    }

    /// Of the simulated interactions as many as asked for, spread evenly; three in four are views, one in six
    /// is of a cart, one in twelve is bought.
    private static func log(_ edges: Int, in workspace: Workspace) throws -> InteractionLog {
        let place = workspace.place(of: .ml20M)
        let shape: [Int64] = try NumpyFile.read(place.appendingPathComponent("shape.npy"))
        var users: [Int32] = try NumpyFile.read(place.appendingPathComponent("users.npy"))
        var items: [Int32] = try NumpyFile.read(place.appendingPathComponent("items.npy"))
        if edges < users.count {
            let kept = (0..<edges).map { $0 * users.count / edges }
            users = kept.map { users[$0] }
            items = kept.map { items[$0] }
        }
        let pattern: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1]
        return InteractionLog(
            users: users, items: items, behaviors: users.indices.map { pattern[$0 % pattern.count] },
            userVocabulary: Vocabulary(integers: 1...shape[0]), itemVocabulary: Vocabulary(integers: 1...shape[1]),
            behaviorNames: ["view", "cart", "buy"], target: 2)
    }
}

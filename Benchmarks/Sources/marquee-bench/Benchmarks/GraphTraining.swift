import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import MarqueeTensor

extension Benchmark {
    /// LightGCN of its paper's shape on Gowalla: 64 factors, 3 layers, batch 2048.
    static let lightgcn = training(
        LightGCN.self, .gowalla, "64 factors, 3 layers, batch 2048", script: "lightgcn.py", LightGCN.Config())

    /// MBH-GNN of its paper's shape on Taobao's three behaviors: 128 factors, 2 layers, 2 hops, batch 512.
    static let mbhGNN = training(
        MBHGNN.self, .taobao, "128 factors, 2 layers, 2 hops, dropout 0.5, batch 512", script: "mbh_gnn.py",
        MBHGNN.Config())

    /// A share of the first epoch, `--scale`, from the same parameters over the same batches.
    private static func training<Network: GraphNetwork>(
        _ network: Network.Type, _ world: GraphWorld, _ shape: String, script: String, _ config: Network.Config
    ) -> Benchmark {
        let epoch: @Sendable () throws -> GraphEpoch<Network> = {
            try GraphEpoch(config, data: TrainingSet(log: try world.log()))
        }
        let place: @Sendable (Workspace) -> URL = {
            $0.folder.appendingPathComponent("\(world.rawValue)-\(Network.kind)")
        }
        let peers = ["sparse", "pyg"].map { form in
            Peer(name: form == "pyg" ? "PyTorch Geometric" : "PyTorch, sparse", script: script) {
                [
                    place($0).path, "--form", form, "--share", "\($0.scale)", "--batch", "\(config.train.batch)",
                    "--threads", "\(WorkerPool.shared.workerCount)",
                ]
            }
        }
        let names = peers.map(\.name)
        return Benchmark(
            name: Network.kind,
            summary: "\(Network.kind): \(shape), on \(world.rawValue); the first epoch or, with --scale, a share of it",
            contests: [
                Contest(
                    name: "epoch",
                    prepare: { workspace in
                        let place = place(workspace)
                        try workspace.once(place, "pairs.npy") {
                            let log = try world.log()
                            try SparseOperator.Rows(normalized: InteractionMatrix(log)).write("all", to: place)
                            for behavior in log.behaviorNames.indices {
                                let matrix = InteractionMatrix(log.selecting(behavior: UInt8(behavior)))
                                try SparseOperator.Rows(normalized: matrix).write("behavior-\(behavior)", to: place)
                            }
                            try epoch().write(to: place)
                        }
                    },
                    ours: { workspace in
                        let epoch = try epoch()
                        return try epoch.train(steps: epoch.steps(share: workspace.scale))
                    },
                    peers: peers,
                    rows: [
                        Row("an epoch", "seconds", unit: "s", better: .less, against: names),
                        // The closer to 1 the ratio, the better: it is the same network on the same batches.
                        Row("training loss", "loss", unit: "a pair", better: .less, against: names),
                        Row("loss afterwards", "loss_after", unit: "a pair", better: .less, against: names),
                        Row("peak memory", "peak_bytes", unit: "bytes", better: .less, against: names),
                    ])
            ])
    }
}

import Foundation
import MarqueeData
import MarqueeRuntime
import MarqueeTensor

extension Benchmark {
    /// Sparse–dense products along the edges of a graph.
    ///
    /// Bytes are those that the product has to move once: for each edge its column, its value and the row of x
    /// that it gathers, 8 + 4 d; for each node its offset and its row of y, 8 + 4 d. What lies in a cache when
    /// it is gathered again counts again, so that more than the memory's bandwidth can be reached. The copy of x
    /// by which ours shows every worker all nodes takes time here but counts no bytes. In training rows go as bfloat16: the
    /// same product with less to gather, told as the bytes that it spares count.
    static let propagation = Benchmark(
        name: "propagation",
        summary: "propagation: a normalized adjacency by a node tensor, bytes gathered, read and written a second; "
            + "limit: the memory's bandwidth",
        contests: [
            contest(.gowalla, width: 64), contest(.gowalla, width: 128), contest(.taobao, width: 64),
            contest(.taobao, width: 128),
        ])

    private static func contest(_ world: GraphWorld, width: Int) -> Contest {
        let name = "\(world.rawValue), d = \(width)"
        let kernels = [
            ("torch.sparse.mm", "csr"), ("PyG, message passing", "messages"), ("PyG, EdgeIndex.matmul", "edge-index"),
        ]
        return Contest(
            name: name, prepare: { try prepare(world, $0) }, ours: { try measure(world, width: width, $0) },
            peers: kernels.map { label, kernel in
                Peer(name: label, script: "propagation.py") {
                    [
                        world.place(in: $0).path, "--kernel", kernel, "--width", "\(width)", "--threads",
                        "\(WorkerPool.shared.workerCount)",
                    ]
                }
            },
            rows: [
                Row(
                    name, "bytes_per_second", unit: "B/s", better: .more, against: ["torch.sparse.mm"],
                    limit: "bandwidth"),
                Row(
                    name, "bytes_per_second", unit: "B/s", better: .more,
                    against: ["PyG, message passing", "PyG, EdgeIndex.matmul"], limit: "bandwidth"),
                // Of limit: of the product whose rows are whole.
                Row(
                    name + ", bfloat16", "bfloat16_bytes_per_second", unit: "B/s", better: .more, against: [],
                    limit: "bytes_per_second"),
            ])
    }

    /// The graph of all behaviors.
    private static func prepare(_ world: GraphWorld, _ workspace: Workspace) throws {
        let place = world.place(in: workspace)
        try workspace.once(place, "all-values.npy") {
            try SparseOperator.Rows(normalized: InteractionMatrix(try world.log())).write("all", to: place)
        }
    }

    private static func measure(_ world: GraphWorld, width: Int, _ workspace: Workspace) throws -> Figures {
        let rows = try SparseOperator.Rows.read("all", from: world.place(in: workspace))
        let pool = WorkerPool.shared
        let loads = (0..<rows.rowCount).map { rows.offsets[$0 + 1] - rows.offsets[$0] + 4 }
        let matrix = SparseOperator(
            rows, symmetric: true, partition: NodePartition(loads: loads, workerCount: pool.workerCount))
        let x = Parameter(
            rows: rows.rowCount, columns: width, .normal(deviation: 1), stream: RandomStream(seed: 1, "x"))
        func seconds(_ messages: MessageForm) -> Double {
            let crew = Crew(pool: pool, messages: messages)
            func products(_ count: Int) -> Double {
                let start = ContinuousClock.now
                crew.run { tape in
                    for _ in 0..<count {
                        tape.begin(batchCount: 1, training: messages == .bfloat16)
                        _ = tape.propagate(matrix, tape.nodes(x, matrix.partition))
                        tape.barrier()
                    }
                }
                return (ContinuousClock.now - start) / .seconds(1)
            }
            _ = products(2)  // Warm-up: allocates.
            let each = 5
            return (0..<9).map { _ in products(each) / Double(each) }.median
        }
        let bytes = Double((matrix.edgeCount + rows.rowCount) * (8 + 4 * width))
        return [
            "bytes_per_second": bytes / seconds(.float32), "bfloat16_bytes_per_second": bytes / seconds(.bfloat16),
            "bandwidth": BandwidthLimit.bytesPerSecond(pool: pool),
        ]
    }
}

import Foundation
import MarqueeModels
import MarqueeRuntime

extension Benchmark {
    /// The paper's network on its tables, sampling included.
    static let ncfTraining = Benchmark(
        name: "ncf-training",
        summary: "ncf-training: the paper's network, batch 512, tables of 138,493 and 131,262 rows of 8, 4 negatives, "
            + "sampling included; limit: sgemm at the network's shapes",
        contests: [
            Contest(
                name: "paper", prepare: MovieTables.prepare, ours: train,
                peers: [
                    peer(adam, "adam", threads: 1), peer(adam, "adam", threads: 2),
                    peer(fusedAdam, "fused-adam", threads: 1), peer(fusedAdam, "fused-adam", threads: 2),
                    peer(sparseAdam, "sparse-adam", threads: 1), peer(sparseAdam, "sparse-adam", threads: 2),
                ],
                rows: [
                    row("nn.Embedding, Adam", adam), row("nn.Embedding, Adam(fused=True)", fusedAdam),
                    row("sparse nn.Embedding, SparseAdam", sparseAdam),
                    Row("peak memory", "peak_bytes", unit: "bytes", better: .less, against: [], limit: "limit_bytes"),
                ])
        ])

    private static let adam = "PyTorch, Adam"
    private static let fusedAdam = "PyTorch, fused Adam"
    private static let sparseAdam = "PyTorch, SparseAdam"

    private static func peer(_ name: String, _ tables: String, threads: Int) -> Peer {
        Peer(name: "\(name), \(threads) threads", script: "ncf_training.py") {
            [MovieTables.place(in: $0).path, "--tables", tables, "--threads", "\(threads)"]
        }
    }

    private static func row(_ name: String, _ peer: String) -> Row {
        Row(
            name, "samples_per_second", unit: "samples/s", better: .more,
            against: ["\(peer), 1 threads", "\(peer), 2 threads"], limit: "sgemm_samples_per_second")
    }

    /// The network as a user trains it, stopped after some seconds of its first epoch. Peak memory is
    /// the whole run's: log, matrix, tables and moments. Its limit is the one we set ourselves, 1 GB.
    private static func train(_ workspace: Workspace) throws -> Figures {
        let data = TrainingSet(log: try MovieTables.log(in: workspace))
        let stopwatch = Stopwatch(warmUp: .seconds(2), duration: .seconds(8))
        do {
            _ = try PairModel<NCF>.fit(NCF.Config(), to: data, in: FitContext(progress: stopwatch))
        } catch is Interrupted {
            Interruption.reset()
        }
        let peak = ProcessMemory.peakBytes()
        let limit = SgemmLimit(widths: [16, 128, 64, 32, 16], batch: 512)
        return [
            "samples_per_second": stopwatch.unitsPerSecond, "peak_bytes": Double(peak), "limit_bytes": 1e9,
            "sgemm_samples_per_second": limit.samplesPerSecond(pool: .shared),
        ]
    }
}

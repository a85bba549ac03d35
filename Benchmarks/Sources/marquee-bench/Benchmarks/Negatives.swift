import Foundation
import MarqueeData
import MarqueeRuntime

extension Benchmark {
    /// Training instances drawn, and the memory that drawing them takes.
    static let negatives = Benchmark(
        name: "negatives",
        summary: "negatives: 4 uniform unseen negatives a positive, shuffled, on the simulated ML-20M",
        contests: [
            Contest(
                name: "uniform",
                prepare: MovieTables.prepare,
                ours: { workspace in
                    // The log is gone before the matrix is used, as in a training run.
                    let matrix = InteractionMatrix(try MovieTables.log(in: workspace))
                    let sampler = NegativeSampler(matrix, negatives: 4, seed: 1)
                    return [
                        "samples_per_second": samplesPerSecond(sampler, pool: .shared),
                        "peak_bytes": Double(ProcessMemory.peakBytes()),
                        "held_bytes": Double(
                            sampler.bytes + matrix.offsets.count * 8 + matrix.columns.count * 4
                                + matrix.values.count * 4),
                    ]
                },
                peers: [
                    Peer(name: "numpy, sorted keys", script: "negatives.py") { [MovieTables.place(in: $0).path] },
                    Peer(name: "numpy, bit table", script: "negatives.py") {
                        [MovieTables.place(in: $0).path, "--bits"]
                    },
                ],
                rows: [
                    Row(
                        "speed", "samples_per_second", unit: "samples/s", better: .more,
                        against: ["numpy, sorted keys"]),
                    // A bit a pair is 2.3 GB here: speed bought with memory, shown for what it is.
                    Row(
                        "speed, bit a pair", "samples_per_second", unit: "samples/s", better: .more,
                        against: ["numpy, bit table"]),
                    Row(
                        "peak memory", "peak_bytes", unit: "bytes", better: .less,
                        against: ["numpy, sorted keys", "numpy, bit table"]),
                    Row("bytes held", "held_bytes", unit: "bytes", better: .less, against: []),
                ])
        ])

    /// Batches of 512 over all workers, for some seconds.
    private static func samplesPerSecond(_ sampler: NegativeSampler, pool: WorkerPool, seconds: Double = 3) -> Double {
        let batch = 512
        let batches = 2000
        let clock = ContinuousClock()
        var drawn = 0
        let start = clock.now
        while clock.now - start < .seconds(seconds) {
            let epoch = drawn / (batches * batch)
            pool.run { worker in
                var users = [Int32](repeating: 0, count: batch)
                var items = users
                var labels = [Float](repeating: 0, count: batch)
                for index in pool.shard(worker, of: batches) {
                    let begin = index * batch % (sampler.count - batch)
                    var userSpan = users.mutableSpan
                    var itemSpan = items.mutableSpan
                    var labelSpan = labels.mutableSpan
                    sampler.fill(
                        begin..<begin + batch, epoch: epoch, users: &userSpan, items: &itemSpan, labels: &labelSpan)
                }
            }
            drawn += batches * batch
        }
        return Double(drawn) / ((clock.now - start) / .seconds(1))
    }
}

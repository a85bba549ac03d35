import Foundation
import MarqueeData

extension Benchmark {
    /// From a ratings.csv to a log with dense indices.
    static let load = Benchmark(
        name: "load",
        summary: "load: a MovieLens ratings.csv of 20 million rows into typed columns",
        contests: [
            Contest(
                name: "first", prepare: RatingsFile.prepare, ours: { try read($0, cache: false) }, peers: peers,
                rows: [
                    Row("first load", "seconds", unit: "s", better: .less, against: ["pandas", "polars"]),
                    Row(
                        "first load, peak memory", "peak_bytes", unit: "bytes", better: .less,
                        against: ["pandas", "polars"], limit: "limit_bytes"),
                ]),
            Contest(
                name: "second",
                prepare: { workspace in
                    try RatingsFile.prepare(workspace)
                    _ = try DatasetReader.read(RatingsFile.place(in: workspace), cache: true)
                },
                ours: { try read($0, cache: true) }, peers: [],
                rows: [
                    Row("second load, from the cache", "seconds", unit: "s", better: .less, against: []),
                    Row(
                        "second load, peak memory", "peak_bytes", unit: "bytes", better: .less, against: [],
                        limit: "limit_bytes"),
                ]),
        ])

    private static let peers = ["pandas", "polars"].map { name in
        Peer(name: name, script: "load.py") {
            [name, RatingsFile.place(in: $0).appendingPathComponent("ratings.csv").path]
        }
    }

    /// The limit is twice the size of the file.
    private static func read(_ workspace: Workspace, cache: Bool) throws -> Figures {
        let folder = RatingsFile.place(in: workspace)
        let start = ContinuousClock.now
        let log = try DatasetReader.read(folder, cache: cache).log
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let file = folder.appendingPathComponent("ratings.csv").path
        let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
        return [
            "seconds": seconds, "rows": Double(log.count), "peak_bytes": Double(ProcessMemory.peakBytes()),
            "limit_bytes": Double(2 * size),
        ]
    }
}

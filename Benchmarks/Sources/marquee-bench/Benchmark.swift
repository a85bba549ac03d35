/// A benchmark as data: contests on the same inputs, and the rows that are read off them.
struct Benchmark: Sendable {
    let name: String
    /// One line for the caption.
    let summary: String
    let contests: [Contest]
    /// Samples of each, of which the median counts, unless told otherwise.
    var repeats = 3
}

/// Ours and its peers on one task. Every sample is a fresh process, ours and theirs in turn, so that
/// neither lives on the other's caches or hides in the other's memory.
struct Contest: Sendable {
    let name: String
    /// Writes what both sides read, once; ``Workspace`` keeps it.
    let prepare: @Sendable (Workspace) throws -> Void
    let ours: @Sendable (Workspace) throws -> Figures
    let peers: [Peer]
    let rows: [Row]
}

/// A script of `Benchmarks/peers` that prints its figures as one JSON object.
struct Peer: Sendable {
    let name: String
    let script: String
    let arguments: @Sendable (Workspace) -> [String]
}

/// One line of the table: a figure of ours beside the best of some peers'.
struct Row: Sendable {
    enum Better: Sendable { case more, less }

    let `case`: String
    let figure: String
    let unit: String
    let better: Better
    /// By name; empty when nobody else has the figure.
    let peers: [String]
    /// The figure of ours that bounds this one.
    let limit: String?

    init(_ case: String, _ figure: String, unit: String, better: Better, against peers: [String], limit: String? = nil)
    {
        self.case = `case`
        self.figure = figure
        self.unit = unit
        self.better = better
        self.peers = peers
        self.limit = limit
    }
}

/// What a sample measured, by name.
typealias Figures = [String: Double]

extension Benchmark {
    static let all: [Benchmark] = [
        .ncfTraining, .load, .ials, .rank, .negatives, .propagation, .lightgcn, .mbhGNN, .graphMemory, .events,
        .policies, .recommend, .freshness, .ready, .sequences, .soak,
    ]
}

/// How the nodes of a graph are cut among the workers of a ``Crew``: contiguous, in order, with equal work.
///
/// A node tensor is a matrix of which every worker holds its own nodes' rows, as it holds its own part of
/// a batch. All operations that look at one row at a time work on it unchanged; those along edges are
/// ``Tape/propagate(_:_:)`` and ``Tape/share(_:_:)``.
public struct NodePartition: Sendable, Equatable {
    /// Worker w holds `bounds[w]..<bounds[w + 1]`.
    let bounds: [Int]
    /// Whether a worker has the nodes for itself, others having theirs.
    let isOwn: Bool

    /// Nodes that a worker has for itself, such as a sample of a graph that it drew for its part of a batch:
    /// it holds all their rows, and operations along their edges wait for nobody.
    public static func own(_ count: Int) -> NodePartition { NodePartition(bounds: [0, count], isOwn: true) }

    private init(bounds: [Int], isOwn: Bool) {
        self.bounds = bounds
        self.isOwn = isOwn
    }

    /// Cut so that every worker has about the same sum of `loads`, the cost of each node (its edges, and
    /// one for itself).
    public init(loads: [Int], workerCount: Int) {
        let total = loads.reduce(0, +)
        var bounds = [0]
        var sum = 0
        for (node, load) in loads.enumerated() {
            if bounds.count < workerCount, sum * workerCount >= total * bounds.count, total > 0 { bounds.append(node) }
            sum += load
        }
        while bounds.count <= workerCount { bounds.append(loads.count) }
        self.init(bounds: bounds, isOwn: false)
    }

    public var nodeCount: Int { bounds[bounds.count - 1] }
    public var workerCount: Int { bounds.count - 1 }

    public subscript(worker: Int) -> Range<Int> { bounds[worker]..<bounds[worker + 1] }
}

/// Directed edges over which nodes attend to their neighbors: row u lists whom u looks at.
///
/// An edge may be of a kind (a bucket of its features), whose weight is learned; a byte an edge. Kept with
/// its reverse, 5 bytes an edge each.
public final class AttentionEdges: Sendable {
    struct Rows: Sendable {
        let offsets: [Int]
        let columns: [Int32]
        /// By edge; empty when all are of one kind.
        let kinds: [UInt8]
    }

    /// Who holds the nodes that look, and those that are looked at.
    public let partition, columnPartition: NodePartition
    let forward, reversed: Rows
    /// How many kinds there are; 0 when edges have none.
    public let kindCount: Int

    /// - Precondition: `offsets` has an entry a node and one more, ascending to `columns.count`; there are
    ///   no kinds or one an edge.
    public convenience init(offsets: [Int], columns: [Int32], kinds: [UInt8] = [], partition: NodePartition) {
        self.init(offsets, columns, kinds, partition, columns: partition)
    }

    /// Over nodes that a worker has for itself: its first ones look at all of them.
    /// - Precondition: as above; columns lie below `nodeCount`.
    public convenience init(offsets: [Int], columns: [Int32], kinds: [UInt8] = [], nodeCount: Int) {
        self.init(offsets, columns, kinds, .own(offsets.count - 1), columns: .own(nodeCount))
    }

    private init(
        _ offsets: [Int], _ columns: [Int32], _ kinds: [UInt8], _ partition: NodePartition, columns held: NodePartition
    ) {
        precondition(offsets.count == partition.nodeCount + 1 && offsets.last == columns.count)
        precondition(kinds.isEmpty || kinds.count == columns.count)
        self.partition = partition
        columnPartition = held
        forward = Rows(offsets: offsets, columns: columns, kinds: kinds)
        let (starts, sources, moved) = transposed(
            offsets: offsets, columns: columns, values: kinds, columnCount: held.nodeCount)
        reversed = Rows(offsets: starts, columns: sources, kinds: moved)
        kindCount = kinds.max().map { Int($0) + 1 } ?? 0
    }

    /// Of a sample, how many of the first nodes look at others; nil over a whole graph, where all do.
    public var sampledRows: Int? { partition.isOwn ? partition.nodeCount : nil }

    /// How many nodes the `row`-th of the worker's own looks at.
    public func degree(_ row: Int, _ tape: Tape) -> Int {
        let row = tape.exchange.rows(of: partition).lowerBound + row
        return forward.offsets[row + 1] - forward.offsets[row]
    }

    public var edgeCount: Int { forward.columns.count }
}

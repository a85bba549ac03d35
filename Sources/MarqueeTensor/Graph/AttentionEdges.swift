/// Directed edges over which nodes attend to their neighbours: row u lists whom u looks at.
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

    public let partition: NodePartition
    let forward, reversed: Rows
    /// How many kinds there are; 0 when edges have none.
    public let kindCount: Int

    /// - Precondition: `offsets` has an entry a node and one more, ascending to `columns.count`; there are
    ///   no kinds or one an edge.
    public init(offsets: [Int], columns: [Int32], kinds: [UInt8] = [], partition: NodePartition) {
        precondition(offsets.count == partition.nodeCount + 1 && offsets.last == columns.count)
        precondition(kinds.isEmpty || kinds.count == columns.count)
        self.partition = partition
        forward = Rows(offsets: offsets, columns: columns, kinds: kinds)
        let (starts, sources, moved) = transposed(offsets: offsets, columns: columns, values: kinds)
        reversed = Rows(offsets: starts, columns: sources, kinds: moved)
        kindCount = kinds.max().map { Int($0) + 1 } ?? 0
    }

    public var edgeCount: Int { forward.columns.count }
}

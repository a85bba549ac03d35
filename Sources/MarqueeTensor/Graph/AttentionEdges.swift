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
        reversed = Self.reverse(forward)
        kindCount = kinds.max().map { Int($0) + 1 } ?? 0
    }

    public var edgeCount: Int { forward.columns.count }

    /// In linear time.
    private static func reverse(_ rows: Rows) -> Rows {
        var offsets = [Int](repeating: 0, count: rows.offsets.count)
        for column in rows.columns { offsets[Int(column) + 1] += 1 }
        for node in 1..<offsets.count { offsets[node] += offsets[node - 1] }
        var cursor = offsets
        var columns = [Int32](repeating: 0, count: rows.columns.count)
        var kinds = [UInt8](repeating: 0, count: rows.kinds.count)
        for row in 0..<rows.offsets.count - 1 {
            for edge in rows.offsets[row]..<rows.offsets[row + 1] {
                let place = cursor[Int(rows.columns[edge])]
                cursor[Int(rows.columns[edge])] += 1
                columns[place] = Int32(row)
                if !kinds.isEmpty { kinds[place] = rows.kinds[edge] }
            }
        }
        return Rows(offsets: offsets, columns: columns, kinds: kinds)
    }
}

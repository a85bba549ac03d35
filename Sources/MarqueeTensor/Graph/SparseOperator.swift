/// A sparse matrix over the nodes of a graph, to be multiplied with node tensors: y = A · x.
///
/// It is square over a whole graph; over a sample its rows are the first of the nodes that are its columns.
/// It keeps A and Aᵀ in compressed rows (Aᵀ only where it differs), 8 bytes an edge each, and a large one's in an order
/// in which rows that follow each other have neighbours in common, which costs the time of a few products once.
public final class SparseOperator: Sendable {
    /// Compressed rows: row r has entries `offsets[r]..<offsets[r + 1]`.
    public struct Rows: Sendable, Equatable {
        public let offsets: [Int]
        public let columns: [Int32]
        public internal(set) var values: [Float]

        /// - Precondition: as many values as columns, offsets ascending from 0 to their number.
        public init(offsets: [Int], columns: [Int32], values: [Float]) {
            precondition(offsets.first == 0 && offsets.last == columns.count && values.count == columns.count)
            self.offsets = offsets
            self.columns = columns
            self.values = values
        }

        public var rowCount: Int { offsets.count - 1 }

        /// Columns become rows, in linear time; there are as many as rows unless said.
        public func transposed(columnCount: Int? = nil) -> Rows {
            let (offsets, columns, values) = MarqueeTensor.transposed(
                offsets: offsets, columns: columns, values: values, columnCount: columnCount ?? rowCount)
            return Rows(offsets: offsets, columns: columns, values: values)
        }
    }

    /// Who holds the nodes that are its rows, and those that are its columns.
    public let partition, columnPartition: NodePartition
    let forward: OrderedRows
    /// Aᵀ; nil where A is symmetric.
    private let transpose: OrderedRows?
    var backward: OrderedRows { transpose ?? forward }

    /// - Parameter symmetric: that A = Aᵀ, as of a degree-normalised undirected graph.
    public init(_ rows: Rows, symmetric: Bool, partition: NodePartition) {
        precondition(rows.rowCount == partition.nodeCount)
        forward = OrderedRows(rows, partition: partition)
        transpose = symmetric ? nil : OrderedRows(rows.transposed(), partition: partition)
        self.partition = partition
        columnPartition = partition
    }

    /// Over nodes that a worker has for itself.
    /// - Precondition: columns lie below `columnCount`.
    public init(_ rows: Rows, columnCount: Int) {
        forward = OrderedRows(inOrder: rows)
        transpose = OrderedRows(inOrder: rows.transposed(columnCount: columnCount))
        partition = .own(rows.rowCount)
        columnPartition = .own(columnCount)
    }

    private init(_ symmetric: OrderedRows, partition: NodePartition) {
        forward = symmetric
        transpose = nil
        (self.partition, columnPartition) = (partition, partition)
    }

    /// The matrix with 0 for some entries, by where they stand in the rows that it was made of.
    /// - Precondition: it is symmetric, and so are they.
    public func without(_ entries: Set<Int>) -> SparseOperator {
        precondition(transpose == nil)
        return SparseOperator(forward.without(entries), partition: partition)
    }

    /// The entries in the `row`-th of the worker's own rows.
    public func degree(_ row: Int, _ tape: Tape) -> Int {
        let row = tape.rows(of: partition).lowerBound + row, place = forward.places.map { Int($0[row]) } ?? row
        return forward.rows.offsets[place + 1] - forward.rows.offsets[place]
    }

    public var edgeCount: Int { forward.rows.columns.count }
}

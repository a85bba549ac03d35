/// A sparse matrix over the nodes of a graph, to be multiplied with node tensors: y = A · x.
///
/// It is square over a whole graph; over a sample its rows are the first of the nodes that are its columns.
/// It keeps A and Aᵀ in compressed rows (Aᵀ only where it differs), 8 bytes an edge each.
public final class SparseOperator: Sendable {
    /// Compressed rows: row r has entries `offsets[r]..<offsets[r + 1]`.
    public struct Rows: Sendable, Equatable {
        public let offsets: [Int]
        public let columns: [Int32]
        public let values: [Float]

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
    let forward: Rows
    /// Aᵀ; nil where A is symmetric.
    private let transpose: Rows?
    var backward: Rows { transpose ?? forward }

    /// - Parameter symmetric: that A = Aᵀ, as of a degree-normalized undirected graph.
    public init(_ rows: Rows, symmetric: Bool, partition: NodePartition) {
        precondition(rows.rowCount == partition.nodeCount)
        forward = rows
        transpose = symmetric ? nil : rows.transposed()
        self.partition = partition
        columnPartition = partition
    }

    /// Over nodes that a worker has for itself.
    /// - Precondition: columns lie below `columnCount`.
    public init(_ rows: Rows, columnCount: Int) {
        forward = rows
        transpose = rows.transposed(columnCount: columnCount)
        partition = .own(rows.rowCount)
        columnPartition = .own(columnCount)
    }

    /// The entries in the `row`-th of the worker's own rows.
    public func degree(_ row: Int, _ tape: Tape) -> Int {
        let row = tape.exchange.rows(of: partition).lowerBound + row
        return forward.offsets[row + 1] - forward.offsets[row]
    }

    /// By entry, in the order of the rows.
    public var values: [Float] { forward.values }

    public var edgeCount: Int { forward.columns.count }
}

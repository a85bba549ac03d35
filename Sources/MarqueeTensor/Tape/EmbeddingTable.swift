public import MarqueeRuntime

/// A table of learned rows of which a step touches only those in its batch.
///
/// Gathers hand their gradients to the tape; the optimizer adds them up by distinct row
/// and advances those rows alone. Nothing in a step is proportional to the number of rows.
public final class EmbeddingTable: @unchecked Sendable {
    // Unchecked: as Parameter; rows are updated by the one worker that owns them, between barriers.
    public let rowCount: Int
    public let width: Int
    private let memory: AlignedBuffer<Float>
    var value: UnsafeMutablePointer<Float> { memory.pointer }

    public init(rowCount: Int, width: Int, _ initializer: Initializer, stream: RandomStream) {
        self.rowCount = rowCount
        self.width = width
        memory = AlignedBuffer(count: rowCount * width)
        initializer.fill(memory.elements, stream: stream)
    }

    public var values: [Float] {
        get { Array(memory.elements) }
        set {
            precondition(newValue.count == rowCount * width)
            value.update(from: newValue, count: newValue.count)
        }
    }

    /// The rows named by `ids`, to be gathered by the tape.
    public subscript(ids: Indices) -> Lookup { Lookup(table: self, ids: ids, padding: nil) }

    /// The same, where the id `padding` stands for no row: it gives zeros and gets no gradient.
    /// - Precondition: `padding` lies within the table, whose row is never read.
    public subscript(ids: Indices, padding padding: Int32) -> Lookup { Lookup(table: self, ids: ids, padding: padding) }
}

/// Rows of a table named by ids, not gathered yet.
public struct Lookup {
    let table: EmbeddingTable
    let ids: Indices
    /// The id that stands for no row.
    let padding: Int32?
}

public import MarqueeRuntime

/// A table of learned rows of which a step touches only those in its batch.
///
/// Gathers leave their gradients on the tape; the optimizer adds them up by distinct row
/// and advances those rows alone. Nothing in a step is proportional to the number of rows.
public final class EmbeddingTable: @unchecked Sendable {
    // Unchecked: as Parameter; rows are updated by the one worker that owns them, between barriers.
    public let rowCount: Int
    public let width: Int
    let value: UnsafeMutablePointer<Float>

    public init(rowCount: Int, width: Int, _ initializer: Initializer, stream: RandomStream) {
        self.rowCount = rowCount
        self.width = width
        value = alignedFloats(rowCount * width)
        initializer.fill(UnsafeMutableBufferPointer(start: value, count: rowCount * width), stream: stream)
    }

    deinit { value.deallocate() }

    public var values: [Float] {
        get { Array(UnsafeBufferPointer(start: value, count: rowCount * width)) }
        set {
            precondition(newValue.count == rowCount * width)
            value.update(from: newValue, count: newValue.count)
        }
    }

    /// The rows named by `ids`, to be gathered by the tape.
    public subscript(ids: Indices) -> Lookup { Lookup(table: self, ids: ids) }
}

/// Rows of a table named by ids, not gathered yet.
public struct Lookup {
    let table: EmbeddingTable
    let ids: Indices
}

/// Ids of a batch, held by a tape for the length of a step.
public struct Indices {
    let buffer: UnsafeMutableBufferPointer<Int32>

    public var count: Int { buffer.count }
    public subscript(position: Int) -> Int32 { buffer[position] }
    /// Lets `body` write its memory.
    public func fill(_ body: (inout MutableSpan<Int32>) -> Void) {
        var span = buffer.mutableSpan
        body(&span)
    }

    /// The ids at `range`.
    public subscript(range: Range<Int>) -> Indices { Indices(buffer: .init(rebasing: buffer[range])) }
}

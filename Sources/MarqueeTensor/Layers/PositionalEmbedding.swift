public import MarqueeRuntime

/// A learned row a position, to be added to a sequence's rows: [rows, width] of a packed layout.
///
/// Positions count from the newest, which is 0: the last event means the same in a short history and in a long one.
/// Events older than the table is long share its last row.
public struct PositionalEmbedding: Module {
    public let table: EmbeddingTable

    public init(_ length: Int, _ width: Int, _ initializer: Initializer? = nil, stream: inout RandomStream) {
        table = EmbeddingTable(
            rowCount: length, width: width, initializer ?? .normal(deviation: 0.02),
            stream: RandomStream(key: stream.next()))
    }

    public func callAsFunction(_ sequences: SequenceLayout, _ tape: Tape) -> Tensor {
        let positions = tape.positions(sequences, fromEnd: true)
        let last = Int32(table.rowCount - 1)
        for row in 0..<positions.count { positions.buffer[row] = min(positions[row], last) }
        return tape.gather(table[positions])
    }
}

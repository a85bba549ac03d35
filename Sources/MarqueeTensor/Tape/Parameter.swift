public import MarqueeRuntime

/// A dense matrix that is learned.
///
/// Its values may be read from anywhere between steps; in a step the optimizer alone writes them, each
/// worker its own shard, between two barriers.
public final class Parameter: @unchecked Sendable {
    // Unchecked: see above; the discipline is the trainer's barriers.
    public let rows, columns: Int
    /// Whether weight decay applies; biases and normalization gains are spared.
    public let decays: Bool
    private let memory: AlignedBuffer<Float>
    var value: UnsafeMutablePointer<Float> { memory.pointer }

    public init(rows: Int = 1, columns: Int, _ initializer: Initializer, stream: RandomStream, decays: Bool = true) {
        self.rows = rows
        self.columns = columns
        self.decays = decays
        memory = AlignedBuffer(count: rows * columns)
        initializer.fill(memory.elements, stream: stream)
    }

    public var count: Int { rows * columns }

    /// As it is saved: a single row has one axis.
    var shape: [Int] { rows == 1 ? [columns] : [rows, columns] }

    /// Its values, row-major. Setting asks for exactly ``count`` values.
    public var values: [Float] {
        get { Array(memory.elements) }
        set {
            precondition(newValue.count == count)
            value.update(from: newValue, count: count)
        }
    }
}

/// A row-major matrix of floats that a ``Tape`` holds during one step.
///
/// Two axes are enough for the layers: what has more (a sequence, several heads) is [batch · length,
/// width], and the operation is told the length. A tensor is a view into the tape's arena or into a
/// ``Parameter``; it is worthless after the tape's next ``Tape/begin(batchCount:training:stream:)``.
public struct Tensor {
    let value: UnsafeMutablePointer<Float>
    /// The index of its gradient on the tape; negative when it has none (an input).
    let slot: Int
    public let rows: Int
    public let columns: Int

    public var count: Int { rows * columns }

    public subscript(position: Int) -> Float { value[position] }

    /// Lets `body` write its memory: for inputs.
    public func fill(_ body: (inout MutableSpan<Float>) -> Void) {
        var span = UnsafeMutableBufferPointer(start: value, count: count).mutableSpan
        body(&span)
    }

    /// A copy of its values, row-major.
    public var values: [Float] { Array(UnsafeBufferPointer(start: value, count: count)) }
}

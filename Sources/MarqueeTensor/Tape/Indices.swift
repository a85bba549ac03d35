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

internal import MarqueeRuntime

/// Memory of one training step: handed out by raising an offset, taken back all at once.
///
/// After the first steps it holds as much as a step needs and allocates no more.
final class Arena {
    private static let alignment = AlignedBuffer<UInt8>.alignment
    private var blocks: [AlignedBuffer<UInt8>] = []
    private var current = 0
    private var offset = 0

    /// Bytes held.
    var capacity: Int { blocks.reduce(0) { $0 + $1.count } }

    /// Uninitialized memory for `count` values, aligned to a cache line, valid until ``reset()``.
    func allocate<Value: BitwiseCopyable>(_ type: Value.Type = Value.self, _ count: Int) -> UnsafeMutablePointer<Value>
    {
        allocate(byteCount: count * MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: max(count, 1))
    }

    /// As ``allocate(_:_:)``, of so many bytes.
    func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        let size = (max(byteCount, 1) + Self.alignment - 1) / Self.alignment * Self.alignment
        while current < blocks.count, offset + size > blocks[current].count {
            current += 1
            offset = 0
        }
        if current == blocks.count {
            blocks.append(AlignedBuffer(count: max(size, blocks.last.map { $0.count * 2 } ?? 1 << 20)))
            offset = 0
        }
        defer { offset += size }
        return UnsafeMutableRawPointer(blocks[current].pointer + offset)
    }

    /// Takes everything back.
    func reset() {
        current = 0
        offset = 0
    }
}

/// Memory of one training step: handed out by raising an offset, taken back all at once.
///
/// After the first steps it holds as much as a step needs and allocates no more.
final class Arena {
    private struct Block {
        let base: UnsafeMutableRawPointer
        let size: Int
    }

    static let alignment = 64
    private var blocks: [Block] = []
    private var current = 0
    private var offset = 0

    /// Bytes held.
    var capacity: Int { blocks.reduce(0) { $0 + $1.size } }

    deinit {
        for block in blocks { block.base.deallocate() }
    }

    /// Uninitialized room for `count` values, aligned to a cache line, valid until ``reset()``.
    func allocate<Value: BitwiseCopyable>(_ type: Value.Type = Value.self, _ count: Int) -> UnsafeMutablePointer<Value>
    {
        let size = (max(count, 1) * MemoryLayout<Value>.stride + Self.alignment - 1) / Self.alignment * Self.alignment
        while current < blocks.count, offset + size > blocks[current].size {
            current += 1
            offset = 0
        }
        if current == blocks.count {
            let blockSize = max(size, blocks.last.map { $0.size * 2 } ?? 1 << 20)
            blocks.append(
                Block(base: .allocate(byteCount: blockSize, alignment: Self.alignment), size: blockSize))
            offset = 0
        }
        defer { offset += size }
        return (blocks[current].base + offset).bindMemory(to: Value.self, capacity: max(count, 1))
    }

    /// Takes everything back.
    func reset() {
        current = 0
        offset = 0
    }
}

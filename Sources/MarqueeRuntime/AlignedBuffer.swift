/// Memory that starts on the border of a cache line and is freed with its owner.
///
/// Vector loops read and write whole cache lines; in a buffer that starts on one no row is split needlessly.
public final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    // Unchecked: plain memory; whoever shares a buffer says who writes it when.
    /// Bytes of a cache line.
    public static var alignment: Int { 64 }

    public let pointer: UnsafeMutablePointer<Element>
    public let count: Int

    /// Uninitialized memory for `count` elements.
    public init(count: Int) {
        self.count = count
        let capacity = max(count, 1)
        pointer = UnsafeMutableRawPointer.allocate(
            byteCount: capacity * MemoryLayout<Element>.stride, alignment: Self.alignment
        ).bindMemory(to: Element.self, capacity: capacity)
    }

    /// `count` times `value`.
    public convenience init(repeating value: Element, count: Int) {
        self.init(count: count)
        pointer.initialize(repeating: value, count: count)
    }

    /// A copy of `elements`.
    public convenience init(_ elements: [Element]) {
        self.init(count: elements.count)
        pointer.initialize(from: elements, count: elements.count)
    }

    deinit { pointer.deallocate() }

    /// All elements.
    public var elements: UnsafeMutableBufferPointer<Element> { .init(start: pointer, count: count) }
}

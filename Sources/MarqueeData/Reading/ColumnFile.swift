internal import CMarqueeKernels
internal import Foundation
internal import MarqueeRuntime

/// A file of columns, one after the other: each its length in bytes, a checksum for every block, and
/// the values as memory has them, all on 8-byte borders.
enum ColumnFile {
    static let blockSize = 4 << 20

    /// A column file is damaged or ends too early.
    struct Damaged: Error {}

    struct Writer {
        let handle: FileHandle

        func write<Value: BitwiseCopyable>(_ column: [Value]) throws {
            try column.withUnsafeBytes { try write($0) }
        }

        func write(_ strings: some Sequence<String>) throws {
            var bytes: [UInt8] = []
            var offsets: [UInt64] = [0]
            for string in strings {
                bytes.append(contentsOf: string.utf8)
                offsets.append(UInt64(bytes.count))
            }
            try write(bytes)
            try write(offsets)
        }

        private func write(_ bytes: UnsafeRawBufferPointer) throws {
            var head = [UInt64(bytes.count)]
            for block in stride(from: 0, to: bytes.count, by: blockSize) {
                head.append(mq_checksum(bytes.baseAddress.map { $0 + block }, min(blockSize, bytes.count - block)))
            }
            try handle.write(contentsOf: head.withUnsafeBytes { Data($0) })
            guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
            // Not copied: the handle only reads it, before the array goes.
            try handle.write(
                contentsOf: Data(
                    bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: bytes.count, deallocator: .none))
            let padding = (8 - bytes.count % 8) % 8
            if padding > 0 { try handle.write(contentsOf: Data(count: padding)) }
        }
    }

    struct Reader {
        let source: SourceText
        let pool: WorkerPool
        private var offset = 0

        init(_ source: SourceText, pool: WorkerPool) {
            self.source = source
            self.pool = pool
        }

        var isAtEnd: Bool { offset == source.bytes.count }

        mutating func read<Value: BitwiseCopyable & Sendable>(_: Value.Type = Value.self) throws -> [Value] {
            let size = try Int(exactly: word()) ?? -1
            guard size >= 0, size <= source.bytes.count, size % MemoryLayout<Value>.stride == 0 else { throw Damaged() }
            let blocks = (size + blockSize - 1) / blockSize
            var checksums: [UInt64] = []
            for _ in 0..<blocks { checksums.append(try word()) }
            let start = offset
            let end = start + (size + 7) / 8 * 8
            guard end <= source.bytes.count else { throw Damaged() }
            offset = end
            let count = size / MemoryLayout<Value>.stride
            let (source, sums) = (source, checksums)
            var isSound = true
            let values = [Value](unsafeUninitializedCapacity: count) { buffer, filled in
                mq_advise_huge(buffer.baseAddress, size)
                // Unsafe: blocks are disjoint, and every byte is written before the array is seen.
                nonisolated(unsafe) let target = UnsafeMutableRawBufferPointer(buffer)
                isSound = pool.map(blocks) { block in
                    let range = block * blockSize..<min(size, (block + 1) * blockSize)
                    let bytes = UnsafeRawBufferPointer(
                        rebasing: source.bytes[start + range.lowerBound..<start + range.upperBound])
                    UnsafeMutableRawBufferPointer(rebasing: target[range]).copyMemory(from: bytes)
                    source.drop(start + range.lowerBound..<start + range.upperBound)
                    return mq_checksum(target.baseAddress.map { $0 + range.lowerBound }, range.count) == sums[block]
                }.allSatisfy { $0 }
                filled = count
            }
            guard isSound else { throw Damaged() }
            return values
        }

        mutating func readStrings() throws -> [String] {
            let bytes = try read(UInt8.self)
            let offsets = try read(UInt64.self)
            return try bytes.withUnsafeBufferPointer { bytes in
                try zip(offsets, offsets.dropFirst()).map { start, end in
                    guard start <= end, end <= UInt64(bytes.count) else { throw Damaged() }
                    return String(decoding: bytes[Int(start)..<Int(end)], as: UTF8.self)
                }
            }
        }

        private mutating func word() throws -> UInt64 {
            guard offset + 8 <= source.bytes.count else { throw Damaged() }
            defer { offset += 8 }
            return source.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
    }
}

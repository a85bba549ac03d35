internal import CZlib
internal import Foundation
internal import MarqueeRuntime

/// Numbers and texts in a file that is whole or told to be damaged: first its form, as a line of text, then what was
/// written as ``StatisticWriter`` writes it, last a checksum of all (CRC-32).
enum ChecksummedFile {
    /// Takes what is to be in the file, and writes it a piece at a time.
    struct Writer {
        var body: StatisticWriter
        private let file: FileHandle
        private var checksum: UInt = 0

        fileprivate init(_ form: String, _ file: FileHandle) {
            body = StatisticWriter(bytes: Array(form.utf8))
            self.file = file
        }

        /// Writes what was taken, once it is worth it. To be called now and then where much is written.
        mutating func makeRoom() throws { if body.bytes.count > 1 << 20 { try write() } }

        private mutating func write() throws {
            checksum = body.bytes.withUnsafeBufferPointer { crc32(checksum, $0.baseAddress, UInt32($0.count)) }
            try file.write(contentsOf: Data(body.bytes))
            body.bytes.removeAll(keepingCapacity: true)
        }

        fileprivate mutating func end() throws {
            try write()
            try file.write(
                contentsOf: withUnsafeBytes(of: UInt32(truncatingIfNeeded: checksum).littleEndian) { Data($0) })
        }
    }

    /// The file is of another form, of another version, or not what was written.
    struct Unreadable: Error {}

    /// Replaces the file, whole or not at all.
    /// - Throws: `FileError`, and what `body` throws.
    static func write(_ url: URL, form: String, _ body: (inout Writer) throws -> Void) throws {
        try AtomicFile.replace(url) { file in
            var writer = Writer(form, file)
            try body(&writer)
            try writer.end()
        }
    }

    /// - Throws: ``Unreadable``, `FileError`, and what `body` throws.
    static func read<Value>(_ url: URL, form: String, _ body: (inout StatisticReader) throws -> Value) throws -> Value {
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        let data: Data
        do { data = try Data(contentsOf: url, options: .mappedIfSafe) } catch {
            throw FileError.cannotRead(url.path, reason: error.localizedDescription)
        }
        return try data.withUnsafeBytes { bytes in
            let start = form.utf8.count
            guard bytes.count >= start + 4, bytes.starts(with: form.utf8) else { throw Unreadable() }
            let end = bytes.count - 4
            let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self))
            guard checksum(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == expected else { throw Unreadable() }
            var reader = StatisticReader(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            let value = try body(&reader)
            guard reader.isAtEnd else { throw Unreadable() }
            return value
        }
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.baseAddress else { return 0 }
        var checksum: UInt = 0
        // What zlib takes at once is counted in 32 bits.
        for offset in stride(from: 0, to: bytes.count, by: 1 << 30) {
            checksum = crc32(
                checksum, base.advanced(by: offset).assumingMemoryBound(to: UInt8.self),
                UInt32(min(1 << 30, bytes.count - offset)))
        }
        return UInt32(truncatingIfNeeded: checksum)
    }
}

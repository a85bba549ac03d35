internal import Foundation

/// The decisions that wait for the log's tables, in a file beside them, so that a killed process loses none.
///
/// A record is a length, a digest and a decision's bytes, written by one call of the system before the decision is
/// answered with. It is not synced: what a process wrote outlives the process; a machine that loses its power may
/// lose what its system had not written yet.
struct DecisionJournal: ~Copyable {
    private let path: String
    private var file: Int32
    /// Bytes in the file.
    private(set) var size = 0

    /// Beyond so many bytes the file is begun anew, with the decisions that still wait.
    static let limit = 8 << 20

    /// Opens a file that ``decisions(at:)`` has read, and begins it anew.
    /// - Throws: ``DecisionLogError/cannotWrite(path:reason:)``.
    init(path: String) throws(DecisionLogError) {
        self.path = path
        file = try Self.open(path, O_APPEND | O_TRUNC)
    }

    deinit { close(file) }

    /// Writes a decision. O(bytes).
    mutating func append(_ decision: [UInt8]) throws(DecisionLogError) {
        size += try Self.write(Self.record(decision), to: file, path)
    }

    /// Forgets everything but what still waits; a kill finds the old file or the new one.
    mutating func beginAnew(_ waiting: [[UInt8]]) throws(DecisionLogError) {
        guard !waiting.isEmpty else {
            ftruncate(file, 0)
            return size = 0
        }
        let new = path + ".new"
        let other = try Self.open(new, O_APPEND | O_TRUNC)
        do throws(DecisionLogError) { size = try Self.write(waiting.flatMap(Self.record), to: other, new) } catch {
            close(other)
            throw error
        }
        guard rename(new, path) == 0 else {
            let reason = String(cString: strerror(errno))
            close(other)
            throw .cannotWrite(path: path, reason: reason)
        }
        close(file)
        file = other
    }

    /// What a killed process left: whole records, up to the first that is not.
    static func decisions(at path: String) -> [[UInt8]] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return data.withUnsafeBytes { bytes in
            var decisions: [[UInt8]] = []
            var place = 0
            while place + 16 <= bytes.count {
                let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                let digest = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self))
                guard length <= UInt64(bytes.count - place - 16) else { break }
                let decision = Array(bytes[place + 16..<place + 16 + Int(length)])
                guard Self.digest(decision) == digest else { break }
                decisions.append(decision)
                place += 16 + Int(length)
            }
            return decisions
        }
    }

    private static func record(_ decision: [UInt8]) -> [UInt8] {
        var record: [UInt8] = []
        record.reserveCapacity(16 + decision.count)
        withUnsafeBytes(of: UInt64(decision.count).littleEndian) { record.append(contentsOf: $0) }
        withUnsafeBytes(of: digest(decision).littleEndian) { record.append(contentsOf: $0) }
        record.append(contentsOf: decision)
        return record
    }

    /// By words of eight bytes, and what is left by bytes.
    private static func digest(_ bytes: [UInt8]) -> UInt64 {
        var digest = Digest()
        bytes.withUnsafeBytes { bytes in
            let whole = bytes.count & ~7
            for place in stride(from: 0, to: whole, by: 8) {
                digest.add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            }
            digest.add(UnsafeRawBufferPointer(rebasing: bytes[whole...]))
        }
        return digest.value
    }

    private static func open(_ path: String, _ flags: Int32) throws(DecisionLogError) -> Int32 {
        let file = Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o666)
        guard file >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        return file
    }

    /// - Returns: how many bytes, all of them.
    private static func write(_ bytes: [UInt8], to file: Int32, _ path: String) throws(DecisionLogError) -> Int {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress! + written, bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                // Half a record would hide those after it.
                if written > 0 { ftruncate(file, lseek(file, 0, SEEK_END) - off_t(written)) }
                throw .cannotWrite(path: path, reason: reason)
            }
            written += count
        }
        return written
    }
}

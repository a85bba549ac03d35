internal import Foundation
internal import MarqueeRuntime

/// The decisions that wait for the log's tables, in a file beside them, so that a killed process loses none.
///
/// The file is mapped: keeping a decision costs a copy and no call of the system, and what a process wrote into the
/// map outlives the process. A machine that loses its power may lose what its system had not written to the disk.
///
/// It has two halves of records, each a length, a digest and a decision's bytes, and a zero behind the last; its
/// first byte says which half holds. A half that is full is left for the other, with what still waits.
///
/// `@unchecked Sendable`: the map is reached by the one owner alone, who has it behind a lock.
struct DecisionJournal: ~Copyable, @unchecked Sendable {
    private let path: String
    private let map: UnsafeMutableRawPointer
    private let half: Int
    private var holding = 0
    /// Bytes of records in the half that holds.
    private(set) var size = 0

    private static let header = 4_096, recordHeader = 16

    /// Opens a file that ``decisions(at:)`` has read, and begins it anew.
    /// - Parameter half: bytes of records at most.
    /// - Throws: ``DecisionLogError/cannotWrite(path:reason:)``.
    init(path: String, half: Int = 16 << 20) throws(DecisionLogError) {
        self.path = path
        self.half = half
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_TRUNC, 0o666)
        guard file >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
        defer { close(file) }
        // Room that is there: a map of a file with holes ends the process when the disk is full.
        let code = posix_fallocate(file, 0, off_t(Self.header + 2 * half))
        guard code == 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(code))) }
        guard let map = mmap(nil, Self.header + 2 * half, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            map != MAP_FAILED
        else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
        self.map = map
    }

    deinit { munmap(map, Self.header + 2 * half) }

    /// Keeps a decision. O(bytes).
    /// - Returns: false where there is no room, until ``beginAnew(_:)``.
    mutating func append(_ decision: [UInt8]) -> Bool {
        Self.append(decision, to: start(holding), half, &size)
    }

    /// Forgets everything but what still waits; a kill finds the old half or the new one.
    /// - Throws: ``DecisionLogError/cannotWrite(path:reason:)`` when more waits than there is room for.
    mutating func beginAnew(_ waiting: [[UInt8]]) throws(DecisionLogError) {
        guard !waiting.isEmpty else {
            Self.end(start(holding), half, 0)
            size = 0
            return
        }
        guard waiting.reduce(0, { $0 + Self.recordHeader + $1.count }) <= half else {
            throw .cannotWrite(path: path, reason: "more than \(half) bytes wait")
        }
        let other = 1 - holding
        var taken = 0
        Self.end(start(other), half, 0)
        for decision in waiting { _ = Self.append(decision, to: start(other), half, &taken) }
        map.storeBytes(of: UInt8(other), as: UInt8.self)
        (holding, size) = (other, taken)
    }

    /// Forgets everything but what still waits, and overwrites it.
    /// - Throws: ``DecisionLogError/cannotWrite(path:reason:)`` when more waits than there is room for.
    mutating func clear(keeping waiting: [[UInt8]]) throws(DecisionLogError) {
        try beginAnew(waiting)
        memset(start(1 - holding), 0, half)
        memset(start(holding) + size, 0, half - size)
    }

    private func start(_ half: Int) -> UnsafeMutableRawPointer { map + Self.header + half * self.half }

    private static func append(_ decision: [UInt8], to start: UnsafeMutableRawPointer, _ half: Int, _ size: inout Int)
        -> Bool
    {
        let next = size + recordHeader + decision.count
        guard next <= half else { return false }
        // The length last: before it the record is not there.
        end(start, half, next)
        let record = start + size
        decision.withUnsafeBytes {
            (record + recordHeader).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(record), byteCount: $0.count)
        }
        record.storeBytes(of: digest(decision).littleEndian, toByteOffset: 8, as: UInt64.self)
        record.storeBytes(of: UInt64(decision.count).littleEndian, as: UInt64.self)
        size = next
        return true
    }

    /// A zero where the next length will stand.
    private static func end(_ start: UnsafeMutableRawPointer, _ half: Int, _ offset: Int) {
        if offset + 8 <= half { start.storeBytes(of: 0 as UInt64, toByteOffset: offset, as: UInt64.self) }
    }

    /// What a killed process left: whole records, up to the first that is not.
    static func decisions(at path: String) -> [[UInt8]] {
        guard let data = FileManager.default.contents(atPath: path), data.count > header, data[0] < 2 else { return [] }
        return data.withUnsafeBytes { bytes in
            let half = (bytes.count - header) / 2
            let start = header + Int(bytes[0]) * half
            var decisions: [[UInt8]] = []
            var offset = 0
            while offset + recordHeader <= half {
                let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self))
                let digest = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: start + offset + 8, as: UInt64.self))
                offset += recordHeader
                guard length > 0, length <= UInt64(half - offset) else { break }
                let decision = Array(bytes[start + offset..<start + offset + Int(length)])
                guard Self.digest(decision) == digest else { break }
                decisions.append(decision)
                offset += Int(length)
            }
            return decisions
        }
    }

    /// By words of eight bytes, and what is left by bytes.
    private static func digest(_ bytes: [UInt8]) -> UInt64 {
        var digest = Digest()
        bytes.withUnsafeBytes { bytes in
            let whole = bytes.count & ~7
            for offset in stride(from: 0, to: whole, by: 8) {
                digest.add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
            digest.add(UnsafeRawBufferPointer(rebasing: bytes[whole...]))
        }
        return digest.value
    }
}

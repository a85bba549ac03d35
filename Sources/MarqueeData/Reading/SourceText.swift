internal import CMarqueeKernels
internal import Foundation

/// A file's bytes: memory-mapped, or held after decompression.
///
/// Unchecked: the bytes never change, the rest not after others have it; dropped pages come back from the file.
final class SourceText: @unchecked Sendable {
    /// As errors and reports name it.
    let name: String
    let bytes: UnsafeRawBufferPointer
    /// Lines that were emptied as bad ones before anybody else read them, and are not blank ones to tell of.
    var emptiedLines = 0
    private let isMapped: Bool

    /// The file at `path`, mapped.
    init(mapping path: String, name: String) throws {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else {
            throw ReadError.file(
                name, problem: "cannot be opened: \(String(cString: strerror(errno)))",
                remedy: "check the path and its permissions")
        }
        defer { close(descriptor) }
        self.name = name
        bytes = try Self.map(descriptor, name: name)
        isMapped = !bytes.isEmpty
    }

    /// What `spool` gathered.
    fileprivate init(name: String, bytes: UnsafeRawBufferPointer, isMapped: Bool) {
        self.name = name
        self.bytes = bytes
        self.isMapped = isMapped
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            bytes.deallocate()
        }
    }

    fileprivate static func map(_ descriptor: Int32, name: String) throws -> UnsafeRawBufferPointer {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ReadError.file(name, problem: "is not a file", remedy: "name a file or a folder of files")
        }
        let size = Int(status.st_size)
        if size == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw ReadError.file(
                name, problem: "cannot be mapped into memory: \(String(cString: strerror(errno)))",
                remedy: "check that it lies on a local disk")
        }
        madvise(address, size, Int32(MADV_SEQUENTIAL))
        return UnsafeRawBufferPointer(start: address, count: size)
    }

    var text: UnsafePointer<CChar>? { bytes.baseAddress?.assumingMemoryBound(to: CChar.self) }

    /// Lets go of the pages wholly inside `range`, which were read and will hardly be again.
    func drop(_ range: Range<Int>) {
        guard isMapped, let base = bytes.baseAddress else { return }
        let page = Int(getpagesize())
        let lower = (range.lowerBound + page - 1) / page * page
        let upper = range.upperBound / page * page
        if lower < upper {
            madvise(UnsafeMutableRawPointer(mutating: base + lower), upper - lower, Int32(MADV_DONTNEED))
        }
    }

    /// Where the text starts after a byte order mark.
    /// - Throws: ``ReadError`` of UTF-16.
    func contentStart() throws -> Int {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return 3 }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw ReadError.file(
                name, problem: "is written in UTF-16", remedy: "convert it: iconv -f UTF-16 -t UTF-8")
        }
        return 0
    }

    /// The end of the text without the blank lines at its end; at least `start`.
    func contentEnd(from start: Int) -> Int {
        var end = bytes.count
        while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return end
    }

    /// The number of the line that holds the byte at `offset`, from 1.
    func lineNumber(at offset: Int) -> Int {
        var newlines: UInt64 = 0
        var quotes: UInt64 = 0
        if let text { mq_text_count(text, 0, min(offset, bytes.count), &newlines, &quotes) }
        return Int(newlines) + 1
    }
}

/// Gathers decompressed bytes: in memory while they are few, then in an unnamed temporary file, so
/// that a large archive costs disk for a while and not memory.
struct Spool: ~Copyable {
    private static let memoryLimit = 32 << 20
    private let name: String
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    private var used = 0
    private(set) var count = 0
    private var descriptor: Int32 = -1

    init(name: String) { self.name = name }

    deinit {
        memory.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        count += bytes.count
        if descriptor < 0, used + bytes.count <= Self.memoryLimit {
            if used + bytes.count > memory.count {
                let larger = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: max(memory.count * 2, used + bytes.count), alignment: 64)
                larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<used]))
                memory.deallocate()
                memory = larger
            }
            UnsafeMutableRawBufferPointer(rebasing: memory[used...]).copyMemory(from: bytes)
            used += bytes.count
            return
        }
        if descriptor < 0 {
            var template = Array((NSTemporaryDirectory() + "/marquee-XXXXXX").utf8CString)
            descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw failure() }
            unlink(template)
            try spill(UnsafeRawBufferPointer(rebasing: memory[..<used]))
        }
        try spill(bytes)
    }

    private func spill(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let written = write(descriptor, rest.baseAddress, rest.count)
            guard written > 0 else { throw failure() }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    private func failure() -> ReadError {
        .file(
            name, problem: "cannot be unpacked into \(NSTemporaryDirectory()): \(String(cString: strerror(errno)))",
            remedy: "free some space there or set TMPDIR to another folder")
    }

    consuming func finish() throws -> SourceText {
        if descriptor >= 0 {
            return SourceText(name: name, bytes: try SourceText.map(descriptor, name: name), isMapped: true)
        }
        let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: used, alignment: 64)
        exact.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<used]))
        return SourceText(name: name, bytes: UnsafeRawBufferPointer(exact), isMapped: false)
    }
}

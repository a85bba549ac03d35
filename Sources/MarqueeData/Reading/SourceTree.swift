internal import CZip
internal import CZlib
internal import Foundation
internal import MarqueeRuntime

/// The files of a data set, wherever they lie: in a folder, in a `.zip`, or one alone. Names are
/// without folder and without `.gz`.
struct SourceTree {
    private enum Place {
        case folder(URL)
        case archive(URL)
    }

    /// As the user gave it.
    let path: String
    /// Of the data set: the folder's or the file's stem.
    let name: String
    /// The file that was asked for, when it was one.
    let focus: String?
    let names: [String]
    private let place: Place
    /// Logical name → file name or entry.
    private let entries: [String: String]

    /// - Throws: ``FileError/notFound(_:)``, ``ReadError``.
    init(_ url: URL) throws {
        let url = url.standardizedFileURL
        path = url.path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw FileError.notFound(url.path)
        }
        if isFolder.boolValue {
            focus = nil
            place = .folder(url)
            name = url.lastPathComponent
            entries = try Self.list(url)
        } else if Self.isZip(url) {
            focus = nil
            place = .archive(url)
            name = url.deletingPathExtension().lastPathComponent
            entries = try Self.list(archive: url)
        } else {
            let logical = Self.logical(url.lastPathComponent)
            focus = logical
            place = .folder(url.deletingLastPathComponent())
            name = (logical as NSString).deletingPathExtension
            var entries = (try? Self.list(url.deletingLastPathComponent())) ?? [:]
            entries[logical] = url.lastPathComponent
            self.entries = entries
        }
        names = entries.keys.sorted()
    }

    func has(_ name: String) -> Bool { entries[name] != nil }

    /// The same files with one of them asked for; the name stays.
    func focusing(on name: String) -> SourceTree { SourceTree(self, focus: name) }

    private init(_ other: SourceTree, focus: String) {
        (path, name, names, place, entries) = (other.path, other.name, other.names, other.place, other.entries)
        self.focus = focus
    }

    /// The files whose change matters: the archive, the file that was asked for, or all of the folder.
    var dependencies: [URL] {
        if case .archive(let url) = place { return [url] }
        return (focus.map { [$0] } ?? names).compactMap(url)
    }

    /// Where a file lies; nil inside an archive.
    func url(_ name: String) -> URL? {
        guard case .folder(let url) = place, let entry = entries[name] else { return nil }
        return url.appendingPathComponent(entry)
    }

    /// The folder next to this one, when this is a folder.
    func sibling(_ name: String) -> SourceTree? {
        guard case .folder(let url) = place else { return nil }
        return try? SourceTree(url.deletingLastPathComponent().appendingPathComponent(name))
    }

    /// A folder inside this one, when this is a folder and it is there.
    func folder(_ name: String) -> SourceTree? {
        guard case .folder(let url) = place else { return nil }
        return try? SourceTree(url.appendingPathComponent(name))
    }

    func open(_ name: String) throws -> SourceText { try open(name, limit: .max) }

    /// Of a compressed file, at least the first `limit` bytes.
    private func open(_ name: String, limit: Int) throws -> SourceText {
        guard let entry = entries[name] else {
            throw ReadError.file(name, problem: "is not in \(path)", remedy: "add it or correct the mapping")
        }
        switch place {
        case .archive(let url):
            return try Self.unzip(url, entry: entry, name: name, limit: limit)
        case .folder(let url):
            let source = try SourceText(mapping: url.appendingPathComponent(entry).path, name: name)
            return source.bytes.starts(with: [0x1F, 0x8B]) ? try Self.inflate(source, limit: limit) : source
        }
    }

    /// The first bytes of a file, enough to recognize it.
    func head(_ name: String) throws -> [UInt8] {
        let source = try open(name, limit: Self.headLength)
        return withExtendedLifetime(source) { Array(source.bytes.prefix(Self.headLength)) }
    }

    static let headLength = 1 << 16

    static func logical(_ name: String) -> String {
        name.lowercased().hasSuffix(".gz") ? String(name.dropLast(3)) : name
    }

    private static func list(_ folder: URL) throws -> [String: String] {
        let found: [URL]
        do {
            found = try FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: [.isRegularFileKey], options: .skipsHiddenFiles)
        } catch {
            throw FileError.cannotRead(folder.path, reason: error.localizedDescription)
        }
        var entries: [String: String] = [:]
        for url in found where (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) != false {
            let file = url.lastPathComponent
            // A plain file goes before its compressed twin.
            if entries[logical(file)] == nil || file == logical(file) { entries[logical(file)] = file }
        }
        return entries
    }

    private static func isZip(_ url: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: url) else { return false }
        defer { try? handle.close() }
        let head = (try? handle.read(upToCount: 4)) ?? Data()
        return head.starts(with: [0x50, 0x4B, 3, 4]) || head.starts(with: [0x50, 0x4B, 5, 6])
            || url.pathExtension.lowercased() == "zip"
    }

    // MARK: gzip

    private static func inflate(_ source: SourceText, limit: Int) throws -> SourceText {
        var stream = z_stream()
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ReadError.file(source.name, problem: "zlib cannot start", remedy: "free some memory")
        }
        defer { inflateEnd(&stream) }
        var spool = Spool(name: source.name)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { output.deallocate() }
        var offset = 0
        var isInsideMember = false
        while spool.count < limit, offset < source.bytes.count || isInsideMember {
            let part = UnsafeRawBufferPointer(
                rebasing: source.bytes[offset..<min(offset + 1 << 24, source.bytes.count)])
            stream.next_in = UnsafeMutablePointer(
                mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(part.count)
            isInsideMember = true
            var status = Z_OK
            repeat {
                stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(output.count)
                status = CZlib.inflate(&stream, Z_NO_FLUSH)
                try spool.append(
                    UnsafeRawBufferPointer(rebasing: output[..<(output.count - Int(stream.avail_out))]))
            } while status == Z_OK && stream.avail_out == 0 && spool.count < limit
            let consumed = part.count - Int(stream.avail_in)
            offset += consumed
            source.drop(offset - consumed..<offset)
            if spool.count >= limit { break }
            if status == Z_STREAM_END {
                // Another member may follow; anything else is padding, as gzip itself holds.
                isInsideMember = false
                guard source.bytes[offset...].starts(with: [0x1F, 0x8B]) else { break }
                inflateReset(&stream)
            } else if status != Z_OK && status != Z_BUF_ERROR {
                throw ReadError.file(
                    source.name, problem: "holds damaged gzip data near byte \(offset)", remedy: "download it again")
            } else if offset >= source.bytes.count {
                throw ReadError.file(
                    source.name, problem: "ends in the middle of its gzip data", remedy: "download it again")
            }
        }
        return try spool.finish()
    }

    // MARK: zip

    private static func withArchive<Value>(_ url: URL, _ body: (OpaquePointer) throws -> Value) throws -> Value {
        var code: Int32 = 0
        guard let archive = zip_open(url.path, ZIP_RDONLY, &code) else {
            var error = zip_error_t()
            zip_error_init_with_code(&error, code)
            defer { zip_error_fini(&error) }
            throw ReadError.file(
                url.lastPathComponent,
                problem: "is no readable zip archive (\(String(cString: zip_error_strerror(&error))))",
                remedy: "download it again")
        }
        defer { zip_discard(archive) }
        return try body(archive)
    }

    /// The entries of the uppermost folder that holds files.
    private static func list(archive url: URL) throws -> [String: String] {
        try withArchive(url) { archive in
            var files: [(folder: [Substring], file: String, entry: String)] = []
            for index in 0..<max(0, zip_get_num_entries(archive, 0)) {
                guard let pointer = zip_get_name(archive, UInt64(index), 0) else { continue }
                let entry = String(cString: pointer)
                let parts = entry.split(separator: "/", omittingEmptySubsequences: false)
                guard let last = parts.last, !last.isEmpty, !last.hasPrefix("."), !parts.contains("__MACOSX") else {
                    continue
                }
                files.append((Array(parts.dropLast()), String(last), entry))
            }
            let depth = files.map(\.folder.count).min() ?? 0
            let folder = files.first { $0.folder.count == depth }?.folder ?? []
            var entries: [String: String] = [:]
            for file in files where file.folder == folder { entries[logical(file.file)] = file.entry }
            return entries
        }
    }

    private static func unzip(_ url: URL, entry: String, name: String, limit: Int) throws -> SourceText {
        try withArchive(url) { archive in
            func damage() -> ReadError {
                let reason = String(cString: zip_strerror(archive))
                return .file(
                    "\(url.lastPathComponent)/\(name)", problem: "cannot be unpacked (\(reason))",
                    remedy: "download the archive again, or unpack it and name the folder")
            }
            guard let file = zip_fopen(archive, entry, 0) else { throw damage() }
            defer { zip_fclose(file) }
            var spool = Spool(name: name)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
            defer { buffer.deallocate() }
            while spool.count < limit {
                let count = zip_fread(file, buffer.baseAddress, UInt64(buffer.count))
                if count == 0 { break }
                if count < 0 {
                    throw ReadError.file(
                        "\(url.lastPathComponent)/\(name)",
                        problem: "holds damaged data (\(String(cString: zip_file_strerror(file))))",
                        remedy: "download the archive again")
                }
                try spool.append(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
            }
            let source = try spool.finish()
            return source.bytes.starts(with: [0x1F, 0x8B]) ? try inflate(source, limit: limit) : source
        }
    }
}

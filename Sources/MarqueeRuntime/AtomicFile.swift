public import Foundation

/// Files that are whole or absent: written beside their place, synced, then renamed over it
/// (`rename` is atomic within a file system), so that neither a full disk nor `kill -9` leaves half.
public enum AtomicFile {
    /// Replaces the file at `url` by what `write` writes to the handle.
    /// - Throws: ``FileError`` naming the file and the remedy; the old file is then untouched.
    public static func replace(_ url: URL, _ write: (FileHandle) throws -> Void) throws {
        let temporary = url.deletingLastPathComponent()
            .appendingPathComponent(".\(url.lastPathComponent).\(getpid()).partial")
        do {
            let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
            guard descriptor >= 0 else {
                throw FileError.cannotWrite(url.path, reason: String(cString: strerror(errno)))
            }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            defer { try? handle.close() }
            try write(handle)
            try handle.synchronize()
            guard rename(temporary.path, url.path) == 0 else {
                throw FileError.cannotWrite(url.path, reason: String(cString: strerror(errno)))
            }
        } catch {
            try? FileManager.default.removeItem(at: temporary)
            if error is FileError || error is Interrupted { throw error }
            throw FileError.cannotWrite(url.path, reason: "\(error.localizedDescription)")
        }
    }

    /// Replaces the file at `url` by `data`.
    public static func write(_ data: Data, to url: URL) throws {
        try replace(url) { try $0.write(contentsOf: data) }
    }
}

/// A file could not be read or written.
public enum FileError: Error, Equatable, CustomStringConvertible {
    case notFound(String)
    case cannotRead(String, reason: String)
    case cannotWrite(String, reason: String)

    public var description: String {
        switch self {
        case .notFound(let path): "\(path): no such file; check the path"
        case .cannotRead(let path, let reason): "\(path): cannot be read: \(reason)"
        case .cannotWrite(let path, let reason):
            "\(path): cannot be written: \(reason); free some space or choose another folder with --out"
        }
    }
}

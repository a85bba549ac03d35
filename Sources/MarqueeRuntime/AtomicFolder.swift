public import Foundation

/// Folders that are whole or absent: filled beside their place, synced, then renamed into it.
public enum AtomicFolder {
    /// Replaces the folder at `url` by the one that `fill` fills.
    ///
    /// A folder that was there stays whole until the new one is; where the file system cannot swap
    /// two names at once, a kill between two renames leaves the old one beside as `.NAME.old`.
    /// - Throws: ``FileError`` naming the folder and the remedy; the old folder is then untouched.
    public static func replace(_ url: URL, _ fill: (URL) throws -> Void) throws {
        let files = FileManager.default
        let parent = url.deletingLastPathComponent()
        let temporary = parent.appendingPathComponent(".\(url.lastPathComponent).\(getpid()).partial")
        do {
            try files.createDirectory(at: parent, withIntermediateDirectories: true)
            try? files.removeItem(at: temporary)
            try files.createDirectory(at: temporary, withIntermediateDirectories: false)
            try fill(temporary)
            for name in try files.contentsOfDirectory(atPath: temporary.path) {
                try synchronize(temporary.appendingPathComponent(name))
            }
            try synchronize(temporary)
            try moveIntoPlace(temporary, url)
            try synchronize(parent)
        } catch {
            try? files.removeItem(at: temporary)
            if error is FileError || error is Interrupted { throw error }
            throw FileError.cannotWrite(url.path, reason: "\(error.localizedDescription)")
        }
    }

    private static func moveIntoPlace(_ temporary: URL, _ url: URL) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: url.path) else {
            guard rename(temporary.path, url.path) == 0 else { throw failure(url) }
            return
        }
        let old = url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).old")
        try? files.removeItem(at: old)
        guard rename(url.path, old.path) == 0 else { throw failure(url) }
        guard rename(temporary.path, url.path) == 0 else {
            let error = failure(url)
            _ = rename(old.path, url.path)
            throw error
        }
        try? files.removeItem(at: old)
    }

    private static func synchronize(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY)
        guard descriptor >= 0 else { throw failure(url) }
        defer { close(descriptor) }
        // Some file systems refuse to sync a folder; its files are synced all the same.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(url) }
    }

    private static func failure(_ url: URL) -> FileError {
        .cannotWrite(url.path, reason: String(cString: strerror(errno)))
    }
}

internal import Foundation
internal import GRDB

/// A SQLite file in which the loop keeps what it knows.
enum StateFile {
    /// The file, made where there is none; nil for one in memory. Another that is just being closed, as after a
    /// restart, is waited for.
    /// - Parameter pageSize: bytes, of a file that is made now.
    static func open(_ url: URL?, pageSize: Int = 4_096) throws -> any DatabaseWriter {
        guard let url else { return try DatabaseQueue() }
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA page_size = \(pageSize)") }
        return try DatabasePool(path: url.path, configuration: configuration)
    }

    /// Gives a file of a folder its new name, with its write-ahead log, where an earlier version left it under the old one.
    static func rename(_ old: String, to new: String, in folder: URL) throws {
        let files = FileManager.default
        guard !files.fileExists(atPath: folder.appendingPathComponent(new).path) else { return }
        for suffix in ["-wal", "-shm", ""]
        where files.fileExists(atPath: folder.appendingPathComponent(old + suffix).path) {
            try files.moveItem(
                at: folder.appendingPathComponent(old + suffix), to: folder.appendingPathComponent(new + suffix))
        }
    }
}

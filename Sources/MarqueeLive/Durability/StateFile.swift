internal import Foundation
internal import GRDB

/// A SQLite file in which the loop keeps what it knows; whatever goes wrong with it names it.
final class StateFile: Sendable {
    /// Nil in memory.
    let url: URL?
    private let writer: any DatabaseWriter

    /// Seconds that another writer is waited for: one that is just being closed, as after a restart, and one that holds
    /// the file while it is in use.
    private static let patience = (opening: 10.0, working: 2.0)

    /// The file, made where there is none; nil for one in memory.
    /// - Parameter pageSize: bytes, of a file that is made now.
    /// - Throws: ``StateFileError``.
    init(_ url: URL?, pageSize: Int = 4_096, migrator: DatabaseMigrator) throws(StateFileError) {
        self.url = url
        writer = try Self.attempt(url) {
            guard let url else { return try DatabaseQueue() }
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(Self.patience.opening)
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA page_size = \(pageSize)") }
            return try DatabasePool(path: url.path, configuration: configuration)
        }
        try Self.attempt(url) {
            try migrator.migrate(writer)
            try writer.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA busy_timeout = \(Int(Self.patience.working * 1_000))")
            }
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value { try attempt { try writer.read(body) } }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await writer.read(body) } catch { throw named(error) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value { try attempt { try writer.write(body) } }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do { return try await writer.write(body) } catch { throw named(error) }
    }

    func writeWithoutTransaction<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do { return try await writer.writeWithoutTransaction(body) } catch { throw named(error) }
    }

    /// Brings everything from the write-ahead log into the file, and empties the log.
    /// - Throws: ``StateFileError/locked(path:)`` where somebody who reads keeps it.
    func checkpoint() async throws {
        guard url != nil else { return }
        try await writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    }

    /// Writes the file anew, without what was deleted.
    func vacuum() async throws {
        try await writeWithoutTransaction { db in try db.execute(sql: "VACUUM") }
    }

    /// Leaves a file that is whole without its write-ahead log. It cannot be used any more.
    func close() async {
        try? await checkpoint()
        try? writer.close()
    }

    private func attempt<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw named(error) }
    }

    private static func attempt<Value>(_ url: URL?, _ body: () throws -> Value) throws(StateFileError) -> Value {
        do { return try body() } catch {
            throw StateFileError(error, path: url?.path ?? "memory")
                ?? .cannotOpen(path: url?.path ?? "memory", reason: "\(error)")
        }
    }

    private func named(_ error: any Error) -> any Error { StateFileError(error, path: url?.path ?? "memory") ?? error }

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

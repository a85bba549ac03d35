internal import Foundation
internal import GRDB

/// The file of an ``EventLog``: SQLite in WAL mode.
///
/// `event` is only ever appended to, its bodies the events' JSON. `event_id` finds an event by the hash
/// of its id; it may lag behind `event`, partition by partition, and `event_id_mark` says how far it is. `identity` is a
/// number that this log alone has. Since version 2 there is one, and bodies may be erased (``ErasedEvent``).
enum LogFile {
    static let version = 2
    /// "MARQ".
    private static let application = 0x4D41_5251

    static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // A commit is durable before it is acknowledged, which GRDB's NORMAL does not promise in WAL mode.
            try db.execute(
                sql: "PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 4000")
        }
        return configuration
    }

    static func open(_ path: String) throws(EventLogError) -> DatabasePool {
        try attempt(path) {
            let pool = try DatabasePool(path: path, configuration: configuration())
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.inTransaction(.immediate) {
                    if try isEmpty(db) { try create(db) }
                    try check(db, path)
                    try identify(db)
                    return .commit
                }
            }
            return pool
        }
    }

    static func openReadOnly(_ path: String) throws(EventLogError) -> DatabasePool {
        guard FileManager.default.fileExists(atPath: path) else {
            throw .cannotOpen(path: path, reason: "no such file; check the path")
        }
        return try attempt(path) {
            var configuration = configuration()
            configuration.readonly = true
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.read { try check($0, path) }
            return pool
        }
    }

    private static func attempt<T>(_ path: String, _ body: () throws -> T) throws(EventLogError) -> T {
        do { return try body() } catch let error as EventLogError { throw error } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_NOTADB: throw .notALog(path: path)
            case .SQLITE_CANTOPEN:
                throw .cannotOpen(path: path, reason: "\(error.message ?? "unknown"); does its folder exist?")
            default: throw EventLogError(error, path: path, afterSequence: 0)
            }
        } catch { throw .cannotOpen(path: path, reason: "\(error)") }
    }

    private static func isEmpty(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
    }

    private static func check(_ db: Database, _ path: String) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == application else {
            throw EventLogError.notALog(path: path)
        }
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found <= version else { throw EventLogError.newerVersion(path: path, version: found) }
    }

    /// Gives a log of version 1 its identity.
    private static func identify(_ db: Database) throws {
        guard try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 < version else { return }
        try db.execute(
            sql: "CREATE TABLE identity (id INTEGER NOT NULL); PRAGMA user_version = \(version)")
        try db.execute(sql: "INSERT INTO identity VALUES (?)", arguments: [Int64.random(in: 1 ... .max)])
    }

    /// What ``identify(_:)`` gave; 0 for a log of version 1.
    static func identity(_ db: Database) throws -> Int64 {
        guard try db.tableExists("identity") else { return 0 }
        return try Int64.fetchOne(db, sql: "SELECT id FROM identity") ?? 0
    }

    private static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE event (sequence INTEGER PRIMARY KEY, received INTEGER NOT NULL, body TEXT NOT NULL);
                CREATE TABLE event_id (hash INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
                CREATE TABLE event_id_mark (partition INTEGER PRIMARY KEY, sequence INTEGER NOT NULL);
                CREATE TABLE retention (dropped INTEGER NOT NULL);
                INSERT INTO retention VALUES (0);
                PRAGMA application_id = \(application);
                PRAGMA user_version = 1;
                """)
    }
}

extension EventLogError {
    /// What SQLite's error means for the log.
    init(_ error: DatabaseError, path: String, afterSequence: Int64) {
        let reason = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, afterSequence: afterSequence, reason: reason)
        default: self = .cannotWrite(path: path, reason: reason)
        }
    }
}

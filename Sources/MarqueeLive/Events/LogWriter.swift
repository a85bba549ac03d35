internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import MarqueeRuntime

/// Writes groups of appends into the file, each group one transaction. Lives on the log's one thread.
struct LogWriter {
    let path: String
    let pool: DatabasePool
    private var index: IdIndex
    let id: Int64
    private(set) var last: Int64 = 0
    private(set) var dropped: Int64 = 0

    init(path: String, pool: DatabasePool, unindexed: Int) throws(EventLogError) {
        self.path = path
        self.pool = pool
        do {
            var index = IdIndex(limit: unindexed)
            (id, last, dropped) = try pool.writeWithoutTransaction { db in
                try index.load(db)
                return (try LogFile.identity(db), try EventLogReader.last(db), try EventLogReader.dropped(db))
            }
            self.index = index
        } catch let error as DatabaseError { throw EventLogError(error, path: path, afterSequence: 0) } catch {
            throw .cannotOpen(path: path, reason: "\(error)")
        }
    }

    /// Appends as text, made by whoever appends so that the one thread need not.
    struct Append: Sendable {
        let events: [Event]
        /// The events' JSON, one after the other; `ends` says where each ends.
        private(set) var text: [UInt8] = []
        private(set) var ends: [Int] = []
        private(set) var identities: [Int] = []
        private(set) var hashes: [UInt64] = []

        init(_ events: [Event]) {
            self.events = events
            text.reserveCapacity(events.count * 256)
            ends.reserveCapacity(events.count)
            for event in events {
                let start = text.count
                let identity = event.appendJSON(to: &text)
                ends.append(text.count)
                identities.append(identity)
                hashes.append(
                    text.withUnsafeBytes {
                        ByteHash.hash(UnsafeRawBufferPointer(rebasing: $0[start..<start + identity]))
                    }
                )
            }
        }
    }

    /// Writes all appends of a group and makes them durable, or none.
    mutating func commit(_ group: [Append], received: Int64) throws(EventLogError) -> [[Acknowledgment]] {
        let first = last
        var index = index
        self.index = IdIndex(limit: 0)  // The copy is the only one, so that it is changed in place.
        defer { self.index = index }
        do {
            let acknowledgments = try pool.writeWithoutTransaction { db in
                var acknowledgments: [[Acknowledgment]] = []
                try db.inTransaction(.immediate) {
                    for append in group {
                        acknowledgments.append(try write(append, &index, db, received: received))
                    }
                    try index.merge(db, through: last, dropped: dropped)
                    return .commit
                }
                return acknowledgments
            }
            index.committed()
            return acknowledgments
        } catch {
            index.rolledBack()
            last = first
            throw failure(error)
        }
    }

    private mutating func write(
        _ append: Append, _ index: inout IdIndex, _ db: Database, received: Int64
    ) throws -> [Acknowledgment] {
        let insert = try db.cachedStatement(sql: "INSERT INTO event (sequence, received, body) VALUES (?, ?, ?)")
            .sqliteStatement
        return try append.text.withUnsafeBytes { text in
            var acknowledgments: [Acknowledgment] = []
            acknowledgments.reserveCapacity(append.ends.count)
            var start = 0
            for (number, end) in append.ends.enumerated() {
                let identity = UnsafeRawBufferPointer(rebasing: text[start..<start + append.identities[number]])
                let hash = append.hashes[number]
                let found = try index.find(hash, in: db, dropped: dropped) {
                    try Self.hasEvent(at: $0, with: identity, hash, db)
                }
                if let sequence = found.sequence {
                    acknowledgments.append(.duplicate(sequence: sequence))
                } else {
                    last += 1
                    sqlite3_bind_int64(insert, 1, last)
                    sqlite3_bind_int64(insert, 2, received)
                    // The text outlives the step, so that SQLite need not copy it.
                    sqlite3_bind_text(
                        insert, 3, text.baseAddress!.advanced(by: start).assumingMemoryBound(to: CChar.self),
                        Int32(end - start), nil)
                    try Self.step(insert, db)
                    index.insert(found.key, last)
                    acknowledgments.append(.accepted(sequence: last))
                }
                start = end
            }
            sqlite3_clear_bindings(insert)
            return acknowledgments
        }
    }

    /// Whether this event stands there, or stood there before it was erased.
    private static func hasEvent(
        at sequence: Int64, with identity: UnsafeRawBufferPointer, _ hash: UInt64, _ db: Database
    ) throws -> Bool {
        let raw = try db.cachedStatement(sql: "SELECT body FROM event WHERE sequence = ?").sqliteStatement
        defer { sqlite3_reset(raw) }
        sqlite3_bind_int64(raw, 1, sequence)
        switch sqlite3_step(raw) {
        case SQLITE_ROW:
            guard let text = sqlite3_column_text(raw, 0) else { return false }
            let body = UnsafeRawBufferPointer(start: text, count: Int(sqlite3_column_bytes(raw, 0)))
            if body.count >= identity.count, memcmp(text, identity.baseAddress!, identity.count) == 0 { return true }
            return ErasedEvent.hash(body) == hash
        case SQLITE_DONE: return false
        default: throw DatabaseError(resultCode: db.lastErrorCode, message: db.lastErrorMessage)
        }
    }

    /// Runs a statement that gives no rows, and makes it ready for the next bindings.
    static func step(_ statement: OpaquePointer, _ db: Database) throws {
        let code = sqlite3_step(statement)
        guard code == SQLITE_DONE else {
            let error = DatabaseError(resultCode: db.lastErrorCode, message: db.lastErrorMessage)
            sqlite3_reset(statement)
            throw error
        }
        sqlite3_reset(statement)
    }

    /// Events on their way out, a piece at a time so that others can be written in between.
    struct Dropping {
        fileprivate let through: Int64
        fileprivate var partition = 0
        /// How many events.
        let count: Int
    }

    /// Finds the events that were received before a time, none after `end` among them.
    func dropping(receivedBefore time: Int64, through end: Int64) throws(EventLogError) -> Dropping {
        do {
            let through = try pool.writeWithoutTransaction { [dropped, last] db in
                // Arrival grows with the sequence number, but for clocks set back, which keep events a little longer.
                var lower = dropped, upper = max(dropped, min(last, end))
                while lower < upper {
                    let middle = lower + (upper - lower + 1) / 2
                    let received = try Int64.fetchOne(
                        db, sql: "SELECT received FROM event WHERE sequence = ?", arguments: [middle])
                    if received ?? .max < time { lower = middle } else { upper = middle - 1 }
                }
                return lower
            }
            return Dropping(through: through, count: Int(through - dropped))
        } catch { throw failure(error) }
    }

    /// Drops a piece: first of the events, then of their ids, which mean nothing once the events are gone.
    /// - Returns: whether there is more.
    mutating func drop(_ dropping: inout Dropping) throws(EventLogError) -> Bool {
        guard dropping.count > 0, dropping.partition < IdIndex.partitionCount else { return false }
        do {
            if dropped < dropping.through {
                let end = min(dropping.through, dropped + 20_000)
                try pool.writeWithoutTransaction { db in
                    try db.inTransaction(.immediate) {
                        try db.execute(sql: "DELETE FROM event WHERE sequence <= ?", arguments: [end])
                        try db.execute(sql: "UPDATE retention SET dropped = ?", arguments: [end])
                        return .commit
                    }
                }
                dropped = end
            } else {
                var index = index
                self.index = IdIndex(limit: 0)  // The copy is the only one, so that it is changed in place.
                defer { self.index = index }
                try pool.writeWithoutTransaction { db in
                    try index.drop(dropping.partition, through: dropping.through, db)
                }
                dropping.partition += 1
            }
            return true
        } catch { throw failure(error) }
    }

    /// Erases a piece of the events at these places; what the file says of them otherwise stays.
    mutating func erase(_ places: ArraySlice<Int64>) throws(EventLogError) {
        do {
            try pool.writeWithoutTransaction { db in
                // What is overwritten is zeroed, in the pages that are freed too.
                try db.execute(sql: "PRAGMA secure_delete = ON")
                defer { try? db.execute(sql: "PRAGMA secure_delete = OFF") }
                try db.inTransaction(.immediate) {
                    for place in places {
                        let body = try Data.fetchOne(
                            db, sql: "SELECT CAST(body AS BLOB) FROM event WHERE sequence = ?", arguments: [place])
                        guard let body, body.withUnsafeBytes({ ErasedEvent.hash($0) }) == nil else { continue }
                        let hash = body.withUnsafeBytes { ByteHash.hash(identityOf: $0) }
                        try db.execute(
                            sql: "UPDATE event SET body = ? WHERE sequence = ?",
                            arguments: [ErasedEvent.text(hash), place])
                    }
                    return .commit
                }
            }
        } catch { throw failure(error) }
    }

    /// Brings the write-ahead log into the file and empties it, so that what was written over is nowhere any more.
    /// - Parameter anew: whether the file is written anew, for the sake of pages that were freed before.
    func checkpoint(writingAnew anew: Bool = false) throws(EventLogError) {
        do {
            try pool.writeWithoutTransaction { db in
                if anew { try db.execute(sql: "VACUUM") }
                _ = try db.checkpoint(.truncate)
            }
        } catch { throw failure(error) }
    }

    private func failure(_ error: any Error) -> EventLogError {
        switch error {
        case let error as EventLogError: error
        case let error as DatabaseError: EventLogError(error, path: path, afterSequence: last)
        default: .cannotWrite(path: path, reason: "\(error)")
        }
    }
}

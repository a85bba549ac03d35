public import Foundation
internal import GRDB
internal import MarqueeRuntime

/// Reads an event log, also while another process writes it.
public struct EventLogReader: Sendable {
    public let url: URL
    let pool: DatabasePool

    public init(_ url: URL) throws(EventLogError) {
        self.init(url: url, pool: try LogFile.openReadOnly(url.path))
    }

    init(url: URL, pool: DatabasePool) {
        self.url = url
        self.pool = pool
    }

    /// The sequence number of the last event; 0 when there is none yet.
    public func lastSequence() async throws -> Int64 {
        try await read(afterSequence: 0) { db in try Self.last(db) }
    }

    /// The sequence numbers of the events that are kept.
    public func kept() async throws -> ClosedRange<Int64>? {
        try await read(afterSequence: 0) { db in
            guard let first = try Int64.fetchOne(db, sql: "SELECT min(sequence) FROM event"),
                let last = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM event")
            else { return nil }
            return first...last
        }
    }

    static func last(_ db: Database) throws -> Int64 {
        let last = try Int64.fetchOne(db, sql: "SELECT max(sequence) FROM event") ?? 0
        return max(last, try dropped(db))
    }

    /// The last sequence number that retention dropped.
    static func dropped(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT dropped FROM retention") ?? 0
    }

    /// Names the log; see ``EventLog/id``. 0 for one that an earlier version wrote.
    public func id() async throws -> Int64 { try await read(afterSequence: 0) { try LogFile.identity($0) } }

    /// What stands at a place of this log, erased or not; nil where there is nothing any more, or not yet.
    func place(_ sequence: Int64) async throws -> LogPlace? {
        try await read(afterSequence: sequence) { db in
            let row = try Row.fetchOne(
                db, sql: "SELECT received, CAST(body AS BLOB) FROM event WHERE sequence = ?", arguments: [sequence])
            guard let row, let received: Int64 = row[0], let body: Data = row[1] else { return nil }
            return LogPlace(
                log: try LogFile.identity(db), sequence: sequence,
                digest: body.withUnsafeBytes { ByteHash.hash(identityOf: $0) } &+ UInt64(bitPattern: received))
        }
    }

    /// The last place that retention dropped; 0 when it dropped none.
    func dropped() async throws -> Int64 { try await read(afterSequence: 0) { try Self.dropped($0) } }

    /// The next at most `limit` events after a sequence number, in order; none once the end is reached.
    /// - Throws: ``EventLogError/dropped(after:firstKept:)`` when retention has dropped one of them,
    ///   ``EventLogError/damaged(path:afterSequence:reason:)``.
    public func events(after sequence: Int64, limit: Int = 10_000) async throws -> [LoggedEvent] {
        var through = sequence
        while true {
            let page = try await page(after: through, limit: limit)
            if !page.events.isEmpty || page.through == through { return page.events }
            through = page.through
        }
    }

    /// The events at the next at most `limit` places after a sequence number.
    /// - Throws: as ``events(after:limit:)``.
    public func page(after sequence: Int64, limit: Int) async throws -> LoggedEvents {
        let rows = try await bodies(after: sequence, limit: limit)
        return LoggedEvents(try rows.compactMap(event), through: rows.last?.sequence ?? sequence)
    }

    /// Gives every event that is kept to `body`, in order, and returns how many there were: for commands, which have
    /// nothing else to do than to wait for the disk.
    /// - Throws: as ``events(after:limit:)``.
    func forEachEvent(_ body: (LoggedEvent) throws -> Void) throws -> Int {
        var (last, count) = (try read { try Self.dropped($0) }, 0)
        while true {
            let rows = try read { try Self.bodies($0, after: last, limit: 10_000, path: url.path) }
            guard let end = rows.last else { return count }
            for event in try rows.compactMap(event) {
                try body(event)
                count += 1
            }
            last = end.sequence
        }
    }

    /// Nil for one that was erased.
    private func event(_ row: Stored) throws -> LoggedEvent? {
        if row.body.withUnsafeBytes({ ErasedEvent.hash($0) }) != nil { return nil }
        guard let event = row.body.withUnsafeBytes({ Event(json: $0) }) else {
            throw EventLogError.damaged(
                path: url.path, afterSequence: row.sequence - 1, reason: "its text is no event")
        }
        return LoggedEvent(sequence: row.sequence, received: row.received, event: event)
    }

    /// Gives the log's events after a sequence number to `body` as NDJSON, a piece at a time; returns how many.
    ///
    /// Appended to another log, they give the same events under the same ids.
    @discardableResult
    public func export(after sequence: Int64 = 0, _ body: (Data) throws -> Void) async throws -> Int {
        var last = max(sequence, try await dropped())
        var count = 0
        while true {
            let rows = try await bodies(after: last, limit: 5_000)
            guard let end = rows.last else { return count }
            var text = Data()
            for row in rows where row.body.withUnsafeBytes({ ErasedEvent.hash($0) }) == nil {
                text.append(row.body)
                text.append(0x0A)
                count += 1
            }
            try body(text)
            last = end.sequence
        }
    }

    /// Of the connection that writes.
    func journal() throws -> String {
        try pool.writeWithoutTransaction { db in
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            return "\(mode), synchronous \(synchronous)"
        }
    }

    private struct Stored: Sendable {
        let sequence, received: Int64
        let body: Data
    }

    private func bodies(after sequence: Int64, limit: Int) async throws -> [Stored] {
        let path = url.path
        return try await read(afterSequence: sequence) { db in
            try Self.bodies(db, after: sequence, limit: limit, path: path)
        }
    }

    private static func bodies(_ db: Database, after sequence: Int64, limit: Int, path: String) throws -> [Stored] {
        let dropped = try Self.dropped(db)
        guard sequence >= dropped else { throw EventLogError.dropped(after: sequence, firstKept: dropped + 1) }
        let statement = try db.cachedStatement(
            sql: "SELECT sequence, received, CAST(body AS BLOB) FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?"
        )
        let rows = try Row.fetchCursor(statement, arguments: [sequence, limit])
        var expected = sequence
        var stored: [Stored] = []
        while let row = try rows.next() {
            expected += 1
            guard let found: Int64 = row[0], let received: Int64 = row[1], let body: Data = row[2], found == expected
            else {
                throw EventLogError.damaged(
                    path: path, afterSequence: expected - 1, reason: "event \(expected) is missing")
            }
            stored.append(Stored(sequence: found, received: received, body: body))
        }
        return stored
    }

    private func read<T>(_ body: (Database) throws -> T) throws -> T {
        do { return try pool.read(body) } catch let error as DatabaseError {
            throw EventLogError(error, path: url.path, afterSequence: 0)
        }
    }

    func read<T: Sendable>(afterSequence: Int64, _ body: @escaping @Sendable (Database) throws -> T)
        async throws -> T
    {
        do { return try await pool.read(body) } catch let error as DatabaseError {
            throw EventLogError(error, path: url.path, afterSequence: afterSequence)
        }
    }
}

internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import MarqueeRuntime

/// Finds an event's sequence number by its id, over all events that are kept.
///
/// Ids are random, so that an index updated by every commit would rewrite about a page an event. The
/// newest ids therefore wait in memory, in partitions by hash, and the fullest partition is merged into
/// its stretch of the table when too many wait: many ids a page instead of one. After a crash those that
/// waited are read again from the events themselves, from each partition's mark on.
struct IdIndex {
    static let partitionCount = 64
    /// How many ids wait in memory at most, between commits.
    let limit: Int
    private var partitions = [[UInt64: Int64]](repeating: [:], count: partitionCount)
    private var waiting = 0
    private var isTableEmpty = true
    /// Hashes that the open transaction added, and the partitions that it merged.
    private var added: [UInt64] = []
    private var merged: [Int] = []

    init(limit: Int) { self.limit = limit }

    /// Reads what waited when the log was last open.
    mutating func load(_ db: Database) throws {
        // In steady state partitions hold from nothing to twice the mean: room from the start, so that tables neither
        // grow for minutes nor are rehashed under those who append.
        for partition in partitions.indices { partitions[partition].reserveCapacity(2 * limit / Self.partitionCount) }
        var marks = [Int64](repeating: 0, count: Self.partitionCount)
        for row in try Row.fetchAll(db, sql: "SELECT partition, sequence FROM event_id_mark") {
            if let partition: Int = row[0], marks.indices.contains(partition), let mark: Int64 = row[1] {
                marks[partition] = mark
            }
        }
        isTableEmpty = marks.allSatisfy { $0 == 0 }
        let least = marks.min() ?? 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT sequence, CAST(body AS BLOB) FROM event WHERE sequence > ? ORDER BY sequence",
            arguments: [least])
        while let row = try rows.next() {
            guard let sequence: Int64 = row[0] else { continue }
            let hash = try row.withUnsafeData(atIndex: 1) { data -> UInt64 in
                guard let data else { return 0 }
                return data.withUnsafeBytes { ByteHash.hash(identityOf: $0) }
            }
            guard sequence > marks[Self.partition(of: hash)] else { continue }
            // Of two events with one hash, which does not happen by chance, the second takes the next key.
            var key = hash
            while partitions[Self.partition(of: key)][key] != nil { key &+= 1 }
            insert(key, sequence)
        }
        added.removeAll()
    }

    /// The sequence number of the event whose id has this hash, as far as `isSame` agrees, and where the hash of a
    /// new one goes: the first key that is free, or whose event retention has dropped.
    func find(
        _ hash: UInt64, in db: Database, dropped: Int64, isSame: (Int64) throws -> Bool
    ) throws -> (sequence: Int64?, key: UInt64) {
        var key = hash
        while let sequence = try lookUp(key, in: db), sequence > dropped {
            if try isSame(sequence) { return (sequence, key) }
            key &+= 1
        }
        return (nil, key)
    }

    mutating func insert(_ key: UInt64, _ sequence: Int64) {
        if partitions[Self.partition(of: key)].updateValue(sequence, forKey: key) == nil { waiting += 1 }
        added.append(key)
    }

    /// Inside the transaction that inserts events up to `sequence`: makes room.
    mutating func merge(_ db: Database, through sequence: Int64, dropped: Int64) throws {
        var rest = waiting
        while rest > limit {
            let candidates = partitions.indices.filter { !merged.contains($0) }
            guard let fullest = candidates.max(by: { partitions[$0].count < partitions[$1].count }) else { return }
            try merge(fullest, db, through: sequence, dropped: dropped)
            rest -= partitions[fullest].count
            merged.append(fullest)
        }
    }

    private func merge(_ partition: Int, _ db: Database, through sequence: Int64, dropped: Int64) throws {
        // A key is taken over when retention has dropped the event that had it.
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO event_id (hash, sequence) VALUES (?, ?)")
        let raw = statement.sqliteStatement
        for (hash, sequence) in partitions[partition].sorted(by: { $0.key < $1.key }) where sequence > dropped {
            sqlite3_bind_int64(raw, 1, Int64(bitPattern: hash))
            sqlite3_bind_int64(raw, 2, sequence)
            try LogWriter.step(raw, db)
        }
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO event_id_mark (partition, sequence) VALUES (?, ?)")
            .execute(arguments: [partition, sequence])
    }

    mutating func committed() {
        for partition in merged {
            waiting -= partitions[partition].count
            partitions[partition].removeAll(keepingCapacity: true)
            isTableEmpty = false
        }
        merged.removeAll()
        added.removeAll(keepingCapacity: true)
    }

    mutating func rolledBack() {
        for hash in added where partitions[Self.partition(of: hash)].removeValue(forKey: hash) != nil { waiting -= 1 }
        merged.removeAll()
        added.removeAll(keepingCapacity: true)
    }

    /// Forgets what retention dropped of a partition.
    mutating func drop(_ partition: Int, through sequence: Int64, _ db: Database) throws {
        let first = UInt64(partition) << 58
        try db.execute(
            sql: "DELETE FROM event_id WHERE hash BETWEEN ? AND ? AND sequence <= ?",
            arguments: [Int64(bitPattern: first), Int64(bitPattern: first | (1 << 58 - 1)), sequence])
        let before = partitions[partition].count
        partitions[partition] = partitions[partition].filter { $0.value > sequence }
        waiting -= before - partitions[partition].count
    }

    private static func partition(of hash: UInt64) -> Int { Int(hash >> 58) }

    private func lookUp(_ key: UInt64, in db: Database) throws -> Int64? {
        if let sequence = partitions[Self.partition(of: key)][key] { return sequence }
        if isTableEmpty { return nil }
        let raw = try db.cachedStatement(sql: "SELECT sequence FROM event_id WHERE hash = ?").sqliteStatement
        defer { sqlite3_reset(raw) }
        sqlite3_bind_int64(raw, 1, Int64(bitPattern: key))
        switch sqlite3_step(raw) {
        case SQLITE_ROW: return sqlite3_column_int64(raw, 0)
        case SQLITE_DONE: return nil
        default: throw DatabaseError(resultCode: db.lastErrorCode, message: db.lastErrorMessage)
        }
    }
}

extension ByteHash {
    /// Of the bytes that ``Event/appendJSON(to:)`` calls an event's identity, at the start of its text; of an event that
    /// was erased as it was.
    static func hash(identityOf body: UnsafeRawBufferPointer) -> UInt64 {
        if let hash = ErasedEvent.hash(body) { return hash }
        // {"id":"…": up to the first quote that no backslash escapes.
        var end = min(7, body.count)
        while end < body.count, body[end] != UInt8(ascii: "\"") { end += body[end] == UInt8(ascii: "\\") ? 2 : 1 }
        return hash(UnsafeRawBufferPointer(rebasing: body[..<min(end + 1, body.count)]))
    }
}

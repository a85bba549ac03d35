internal import Foundation
internal import GRDB

/// Reads feedback out of the event log, which stays its only owner.
///
/// A person's events, and those about an item, are found by indices of the log's file. They are made when feedback is
/// first asked for, in a second or so for a million events, and SQLite keeps them from then on: a server that never is
/// asked pays nothing for them.
public struct FeedbackReader: Sendable {
    private let log: EventLog

    init(_ log: EventLog) { self.log = log }

    /// Feedback with its place in the log.
    struct Entry: Sendable {
        var sequence: Int64
        var feedback: Feedback
    }

    /// What of a person's feedback stands, in the order in which it was said.
    /// - Parameters:
    ///   - item: only about this item.
    ///   - type: only of this name.
    /// - Complexity: O(events of the person), of the item among them where one is given.
    public func feedback(of user: String, item: String? = nil, type: String? = nil) async throws -> [Feedback] {
        try await entries(of: user, item: item).map(\.feedback).filter { $0.isOf(type) }
    }

    /// What stands about an item, in the order in which it was said. O(events about the item).
    public func feedback(about item: String, type: String? = nil) async throws -> [Feedback] {
        try await ask { db in
            let events = try Self.events(db, "\(Self.item) = ?", [item])
            return Self.standing(events).map(\.feedback).filter { $0.isOf(type) }
        }
    }

    /// A page of all feedback, in the order in which it was said.
    /// - Parameter cursor: what the page before gave; 0 for the first.
    /// - Returns: the feedback, and where the next page begins; nil after the last.
    /// - Complexity: O(events of the page, and those passed over).
    public func feedback(after cursor: Int64, limit: Int, type: String? = nil) async throws
        -> (page: [Feedback], cursor: Int64?)
    {
        var page: [Feedback] = []
        var last = cursor
        while true {
            let (events, standing) = try await ask { [last] db in
                // Without what was erased, and what nobody in particular did.
                let events = try Self.events(
                    db, "sequence > ? AND \(Self.user) IS NOT NULL", [last], limit: min(1_000, max(100, limit)))
                return (
                    events,
                    try events.map { event -> Feedback? in
                        guard let feedback = Feedback(event.event), feedback.isOf(type) else { return nil }
                        let others = try Self.events(
                            db, "\(Self.user) = ? AND \(Self.item) = ?", [feedback.key.user, feedback.key.item])
                        let current = Self.standing(others).first { $0.feedback.key == feedback.key }
                        return current?.sequence == event.sequence ? feedback : nil
                    }
                )
            }
            for (event, feedback) in zip(events, standing) {
                last = event.sequence
                guard let feedback else { continue }
                if page.count == limit { return (page, last - 1) }
                page.append(feedback)
            }
            if events.isEmpty { return (page, nil) }
        }
    }

    /// With the places in the log.
    func entries(of user: String, item: String? = nil) async throws -> [Entry] {
        try await ask { db in
            let events =
                try item.map { try Self.events(db, "\(Self.user) = ? AND \(Self.item) = ?", [user, $0]) }
                ?? Self.events(db, "\(Self.user) = ?", [user])
            return Self.standing(events)
        }
    }

    /// For each of some keys the last event about it, retractions among them, and what stands.
    func latest(of keys: [Feedback.Key]) async throws -> [(sequence: Int64, standing: Feedback?)] {
        try await ask { db in
            try keys.map { key in
                let events = try Self.events(db, "\(Self.user) = ? AND \(Self.item) = ?", [key.user, key.item])
                return (
                    events.last?.sequence ?? 0, Self.standing(events).first { $0.feedback.key == key }?.feedback
                )
            }
        }
    }

    /// What stands after some events in the order of the log.
    private static func standing(_ events: [LoggedEvent]) -> [Entry] {
        var entries: [Entry?] = []
        // Where the feedback of a person about an item is.
        var places: [Feedback.Key: [Int]] = [:]
        for logged in events {
            guard let user = logged.event.user else { continue }
            let pair = Feedback.Key(type: "", user: user, item: logged.event.item)
            if logged.event.type == .retract {
                for place in places[pair] ?? []
                where entries[place].map({ logged.event.takesBack($0.feedback) }) == true {
                    entries[place] = nil
                }
            } else if let feedback = Feedback(logged.event) {
                // A change takes the place of what it changes.
                let entry = Entry(sequence: logged.sequence, feedback: feedback)
                if let place = places[pair]?.first(where: { entries[$0]?.feedback.key == feedback.key }) {
                    entries[place] = entry
                } else {
                    places[pair, default: []].append(entries.count)
                    entries.append(entry)
                }
            }
        }
        return entries.compactMap(\.self)
    }

    // MARK: The file

    // Spelled alike in the indices and in every question, or SQLite does not see that they belong together. What is
    // no JSON any more belongs to nobody.
    private static let user = "CASE WHEN json_valid(body) THEN json_extract(body, '$.user') END"
    private static let item = "CASE WHEN json_valid(body) THEN json_extract(body, '$.item') END"

    private func ask<Answer: Sendable>(_ body: @escaping @Sendable (Database) throws -> Answer) async throws -> Answer {
        let pool = log.reader.pool
        do {
            if try await !pool.read(Self.isIndexed) {
                try await pool.write { db in
                    try db.execute(
                        sql: """
                            CREATE INDEX IF NOT EXISTS event_of_user ON event (\(Self.user), \(Self.item));
                            CREATE INDEX IF NOT EXISTS event_about_item ON event (\(Self.item));
                            """)
                }
            }
            return try await pool.read(body)
        } catch let error as DatabaseError { throw EventLogError(error, path: log.url.path, afterSequence: 0) }
    }

    @Sendable private static func isIndexed(_ db: Database) throws -> Bool {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM sqlite_master WHERE name IN ('event_of_user', 'event_about_item')") == 2
    }

    private static func events(
        _ db: Database, _ condition: String, _ arguments: [any DatabaseValueConvertible], limit: Int = .max
    ) throws -> [LoggedEvent] {
        let statement = try db.cachedStatement(
            sql:
                "SELECT sequence, received, CAST(body AS BLOB) FROM event WHERE \(condition) ORDER BY sequence LIMIT \(limit)"
        )
        let rows = try Row.fetchCursor(statement, arguments: StatementArguments(arguments))
        var events: [LoggedEvent] = []
        while let row = try rows.next() {
            guard let sequence: Int64 = row[0], let received: Int64 = row[1], let body: Data = row[2] else { continue }
            body.withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes.assumingMemoryBound(to: UInt8.self))
                guard case .event(let event)? = try? Event.read(&scanner, received: .max) else { return }
                events.append(LoggedEvent(sequence: sequence, received: received, event: event))
            }
        }
        return events
    }
}

extension Feedback {
    fileprivate func isOf(_ type: String?) -> Bool { type.map { $0.hasSameBytes(as: key.type) } ?? true }
}

internal import Foundation
internal import GRDB

extension EventLogReader {
    /// Where somebody's events stand.
    struct Trail: Sendable {
        /// In order.
        var places: [Int64] = []
        /// The sessions that an event names together with the user: before they signed in they were nobody else's.
        var sessions: Set<String> = []
    }

    /// The places of the events that name a user, and of those that name nobody and one of the user's sessions.
    /// - Parameter sessions: known to be theirs beside those that events name with them.
    /// - Complexity: O(events), read while others append.
    func trail(ofUser user: String, sessions: Set<String> = [], through last: Int64) async throws -> Trail {
        var name = Array(#""user":"#.utf8)
        JSONText.append(user, to: &name)
        var trail = Trail(sessions: sessions)
        for (place, event) in try await events(holding: name, through: last)
        where event.user.map({ $0.hasSameBytes(as: user) }) == true {
            trail.places.append(place)
            if let session = event.session { trail.sessions.insert(session) }
        }
        guard !trail.sessions.isEmpty else { return trail }
        for (place, event) in try await events(holding: Array(#""session":"#.utf8), through: last)
        where event.user == nil {
            guard let session = event.session, trail.sessions.contains(session) else { continue }
            trail.places.append(place)
        }
        trail.places.sort()
        return trail
    }

    /// The events in whose text some bytes are, up to a place.
    private func events(holding bytes: [UInt8], through last: Int64) async throws -> [(place: Int64, event: Event)] {
        let sql = """
            SELECT sequence, CAST(body AS BLOB) FROM event
            WHERE sequence <= ? AND instr(CAST(body AS BLOB), ?) > 0 ORDER BY sequence
            """
        return try await read(afterSequence: 0) { db in
            var events: [(place: Int64, event: Event)] = []
            let rows = try Row.fetchCursor(db, sql: sql, arguments: [last, Data(bytes)])
            while let row = try rows.next() {
                guard let place: Int64 = row[0], let body: Data = row[1],
                    let event = body.withUnsafeBytes({ Event(json: $0) })
                else { continue }
                events.append((place, event))
            }
            return events
        }
    }
}

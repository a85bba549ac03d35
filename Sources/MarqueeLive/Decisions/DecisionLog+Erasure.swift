internal import Foundation
internal import GRDB

extension DecisionLog {
    /// What the log has of some people.
    struct Trail: Sendable, Equatable {
        var decisions = 0
        /// Rewards that name one of the decisions.
        var outcomes = 0
        var tallies = 0
    }

    /// Erases what was decided for people. Policies keep what they learned: an outcome stays as an item and a number,
    /// without its decision and its time, so that everybody else's decisions still replay to the bit.
    /// - Returns: what there was.
    func erase(_ people: Set<Who>) async throws -> Trail {
        try await flush()
        let ids = try await decisions(for: people)
        var trail = Trail(decisions: ids.count)
        for start in stride(from: 0, to: ids.count, by: 2_000) {
            let piece = ids[start..<min(start + 2_000, ids.count)]
            trail.outcomes += try await erasing { db in
                var outcomes = 0
                for id in piece {
                    try db.execute(sql: "DELETE FROM decisions WHERE id = ?", arguments: [id])
                    try db.execute(
                        sql: "UPDATE outcomes SET decision = 0, time = 0 WHERE decision = ?", arguments: [id])
                    outcomes += db.changesCount
                }
                return outcomes
            }
        }
        trail.tallies = try await erasing { db in
            try people.reduce(0) { count, who in
                try db.execute(sql: "DELETE FROM tallies WHERE person = ?", arguments: [Self.name(who)])
                return count + db.changesCount
            }
        }
        try await database.checkpoint()
        try clearJournal()
        return trail
    }

    /// Writes the file anew, for the sake of pages that were freed before.
    func rewrite() async throws {
        try await database.vacuum()
        try await database.checkpoint()
    }

    /// What there is of people now.
    func trail(of people: Set<Who>) async throws -> Trail {
        let ids = try await decisions(for: people)
        return try await database.read { db in
            var trail = Trail(decisions: ids.count)
            for id in ids {
                trail.outcomes +=
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM outcomes WHERE decision = ?", arguments: [id]) ?? 0
            }
            for who in people {
                trail.tallies +=
                    try Int.fetchOne(
                        db, sql: "SELECT count(*) FROM tallies WHERE person = ?", arguments: [Self.name(who)]) ?? 0
            }
            return trail
        }
    }

    /// O(decisions): a decision says in its bytes alone whom it was for.
    private func decisions(for people: Set<Who>) async throws -> [Int64] {
        try await database.read { db in
            var ids: [Int64] = []
            let rows = try Row.fetchCursor(db, sql: "SELECT id, body FROM decisions ORDER BY id")
            while let row = try rows.next() {
                let body: Data = row["body"]
                if people.contains(try Decision.who(Array(body.prefix(Decision.headLimit)))) {
                    ids.append(row["id"])
                }
            }
            return ids
        }
    }

    /// Changes the log so that what is deleted is overwritten too.
    private func erasing(_ body: @escaping @Sendable (Database) throws -> Int) async throws -> Int {
        try await database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            defer { try? db.execute(sql: "PRAGMA secure_delete = OFF") }
            var count = 0
            try db.inTransaction {
                count = try body(db)
                return .commit
            }
            return count
        }
    }
}

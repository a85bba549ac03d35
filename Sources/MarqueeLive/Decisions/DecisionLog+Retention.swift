internal import Foundation
internal import GRDB

/// What policies learned is kept as outcomes, one a shown slot, and those of long ago as the state that they led to.
extension DecisionLog {
    /// A policy that has learned as much as it had at a decision.
    /// - Parameters:
    ///   - fresh: the policy as configured, with nothing learned. With other settings than before it learns from the
    ///     outcomes that are still kept.
    ///   - version: how many outcomes it is to have learned; nil for all of the arm's.
    public func policy(_ fresh: any Policy, arm: String, version: Int? = nil) async throws -> any Policy {
        try await database.read { db in
            let start = try Self.kept(in: version == nil ? ["policies", "lately"] : ["policies"], fresh, arm, db)
            return try Self.learning(start, arm, version: version ?? .max, db).policy
        }
    }

    /// Keeps an arm's policy as it is now, so that a start learns only what came after.
    /// - Returns: how many outcomes it had learned since the last time.
    @discardableResult
    func keep(_ fresh: any Policy, arm: String) async throws -> Int {
        let (start, now) = try await database.read { db in
            let start = try Self.kept(in: ["policies", "lately"], fresh, arm, db)
            return (start, try Self.learning(start, arm, version: .max, db))
        }
        guard now.through > start.through else { return 0 }
        let (settings, state) = (try Self.bytes(fresh), try Self.bytes(now.policy))
        try await database.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO lately (arm, settings, through, state) VALUES (?, ?, ?, ?)",
                arguments: [arm, settings, now.through, state])
        }
        return now.policy.version - start.policy.version
    }

    /// Lets a policy learn the outcomes after those that it has learned, as far as `version`.
    private static func learning(_ start: Learned, _ arm: String, version: Int, _ db: Database) throws -> Learned {
        var (policy, through) = start
        // One after the other: there may be more than memory holds.
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM outcomes WHERE arm = ? AND sequence > ? ORDER BY sequence",
            arguments: [arm, through])
        while policy.version < version, let row = try rows.next() {
            try? policy.learn(outcome(row).outcome)
            through = row["sequence"]
        }
        return (policy, through)
    }

    /// Drops the decisions made before a time (milliseconds since 1970), and keeps what policies learned before the
    /// oldest that is left as their state. In pieces, so that others can write in between.
    /// - Parameter policies: as configured, with nothing learned, by arm.
    /// - Returns: how many decisions.
    @discardableResult
    func drop(before time: Int64, policies: [String: any Policy]) async throws -> Int {
        let first = Decision.firstID(at: time)
        var count = 0
        var dropped = 0
        repeat {
            dropped = try await database.write { db in
                try db.execute(
                    sql:
                        "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions WHERE id < ? ORDER BY id LIMIT 2000)",
                    arguments: [first])
                return db.changesCount
            }
            count += dropped
        } while dropped == 2_000
        for (arm, fresh) in policies {
            while try await database.write({ try Self.fold(fresh, arm, before: first, $0) }) {}
        }
        return count
    }

    /// Takes some outcomes of decisions that are gone into the arm's state.
    /// - Returns: whether there may be more.
    private static func fold(_ fresh: any Policy, _ arm: String, before first: Int64, _ db: Database) throws -> Bool {
        let limit = 10_000
        // Every decision that is kept must still find the state that it was made in.
        var kept = Int.max
        let bodies = try Data.fetchCursor(db, sql: "SELECT body FROM decisions ORDER BY id LIMIT 1000")
        while kept == .max, let body = try bodies.next() {
            let decision = try Decision(bytes: Array(body))
            if decision.arm == arm { kept = decision.policyVersion }
        }
        var (policy, through) = try Self.kept(in: ["policies"], fresh, arm, db)
        var count = 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM outcomes WHERE arm = ? AND sequence > ? ORDER BY sequence LIMIT ?",
            arguments: [arm, through, limit])
        while policy.version < kept, let row = try rows.next(), row["decision"] < first {
            try? policy.learn(outcome(row).outcome)
            through = row["sequence"]
            count += 1
        }
        guard count > 0 else { return false }
        try db.execute(
            sql: "INSERT OR REPLACE INTO policies (arm, settings, through, state) VALUES (?, ?, ?, ?)",
            arguments: [arm, try bytes(fresh), through, try bytes(policy)])
        try db.execute(sql: "DELETE FROM outcomes WHERE arm = ? AND sequence <= ?", arguments: [arm, through])
        return count == limit
    }

    private typealias Learned = (policy: any Policy, through: Int64)

    /// The policy that has learned most of those kept with the same settings, and its last outcome: in `policies` what the
    /// outcomes that are gone led to, in `lately` what there was when it was last kept.
    private static func kept(in tables: [String], _ fresh: any Policy, _ arm: String, _ db: Database) throws -> Learned
    {
        let settings = try bytes(fresh)
        var newest: (through: Int64, state: Data)?
        for table in tables {
            let row = try Row.fetchOne(
                db, sql: "SELECT through, state FROM \(table) WHERE arm = ? AND settings = ?",
                arguments: [arm, settings])
            if let row, row["through"] > newest?.through ?? 0 { newest = (row["through"], row["state"]) }
        }
        guard let newest else { return (fresh, 0) }
        do { return (try JSONDecoder().decode(PolicyState.self, from: newest.state).policy, newest.through) } catch {
            throw DecisionLogError.damaged
        }
    }

    private static func bytes(_ policy: any Policy) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(PolicyState(policy))
    }
}

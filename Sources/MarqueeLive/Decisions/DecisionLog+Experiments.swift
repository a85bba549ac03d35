internal import Foundation
internal import GRDB

extension DecisionLog {
    /// What one person's decisions in one arm of an experiment have earned. Kept in the transactions that write
    /// decisions and outcomes, so that a look costs people and not decisions, and a kill loses neither without the other.
    struct Tally: Sendable, Equatable {
        var person: String
        var arm: String
        var decisions: Int
        var reward: Double
        /// The number of the ``ExperimentShares`` that were in force when the person was first seen in this arm.
        var period = 0
    }

    /// The people of an experiment, by name.
    func tallies(of experiment: String) async throws -> [Tally] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql:
                    "SELECT person, arm, decisions, reward, period FROM tallies WHERE experiment = ? ORDER BY person, arm",
                arguments: [experiment]
            ).map {
                Tally(
                    person: $0["person"], arm: $0["arm"], decisions: $0["decisions"], reward: $0["reward"],
                    period: $0["period"])
            }
        }
    }

    /// Adds decisions and rewards to what people in these arms have.
    static func tally(
        _ db: Database, _ who: Who, _ assignments: [ExperimentLayers.Assignment], decisions: Int, reward: Double
    ) throws {
        guard !assignments.isEmpty, decisions > 0 || reward != 0 else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO tallies (experiment, person, arm, decisions, reward, period) VALUES (?, ?, ?, ?, ?,
                    (SELECT COALESCE(MAX(period), 0) FROM experiment_shares WHERE experiment = ?))
                ON CONFLICT (experiment, person, arm)
                DO UPDATE SET decisions = decisions + excluded.decisions, reward = reward + excluded.reward
                """)
        for assignment in assignments {
            try statement.execute(arguments: [
                assignment.experiment, name(who), assignment.arm, decisions, reward, assignment.experiment,
            ])
        }
    }

    /// A user and a session of the same id are two.
    static func name(_ who: Who) -> String {
        switch who {
        case .user(let id): "user:\(id)"
        case .session(let id): "session:\(id)"
        }
    }

    // MARK: Shares

    /// Notes the shares that experiments have from now on, where they are others than before.
    func note(_ experiments: Experiments, at time: Int64) async throws {
        let shares = experiments.all.map { ($0.name, ExperimentShares($0, since: time)) }
        guard !shares.isEmpty else { return }
        // What waits was decided by the old ones.
        try await flush()
        try await database.write { db in
            for (experiment, shares) in shares {
                let last = try Self.shares(db, of: experiment).last
                if let last, last.isLike(shares) { continue }
                let period = try Int.fetchOne(
                    db, sql: "SELECT COUNT(*) FROM experiment_shares WHERE experiment = ?", arguments: [experiment])
                try db.execute(
                    sql: "INSERT INTO experiment_shares (experiment, period, time, shares) VALUES (?, ?, ?, ?)",
                    arguments: [experiment, period, time, try JSONEncoder().encode(shares)])
            }
        }
    }

    /// The shares that an experiment has had, in the order of their periods; none in a log by which nobody has decided
    /// since shares are noted.
    func shares(of experiment: String) async throws -> [ExperimentShares] {
        try await database.read { try Self.shares($0, of: experiment) }
    }

    private static func shares(_ db: Database, of experiment: String) throws -> [ExperimentShares] {
        try Data.fetchAll(
            db, sql: "SELECT shares FROM experiment_shares WHERE experiment = ? ORDER BY period",
            arguments: [experiment]
        ).map { bytes in
            guard let shares = try? JSONDecoder().decode(ExperimentShares.self, from: bytes) else {
                throw DecisionLogError.damaged
            }
            return shares
        }
    }
}

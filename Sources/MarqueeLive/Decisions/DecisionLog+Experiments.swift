internal import GRDB

extension DecisionLog {
    /// What one person's decisions in one arm of an experiment have earned. Kept in the transactions that write
    /// decisions and outcomes, so that a look costs people and not decisions, and a kill loses neither without the other.
    struct Tally: Sendable, Equatable {
        var person: String
        var arm: String
        var decisions: Int
        var reward: Double
    }

    /// The people of an experiment, by name.
    func tallies(of experiment: String) async throws -> [Tally] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT person, arm, decisions, reward FROM tallies WHERE experiment = ? ORDER BY person, arm",
                arguments: [experiment]
            ).map { Tally(person: $0["person"], arm: $0["arm"], decisions: $0["decisions"], reward: $0["reward"]) }
        }
    }

    /// Adds decisions and rewards to what people in these arms have.
    static func tally(
        _ db: Database, _ who: Who, _ assignments: [ExperimentLayers.Assignment], decisions: Int, reward: Double
    ) throws {
        guard !assignments.isEmpty, decisions > 0 || reward != 0 else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO tallies (experiment, person, arm, decisions, reward) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (experiment, person, arm)
                DO UPDATE SET decisions = decisions + excluded.decisions, reward = reward + excluded.reward
                """)
        for assignment in assignments {
            try statement.execute(arguments: [assignment.experiment, name(who), assignment.arm, decisions, reward])
        }
    }

    /// A user and a session of the same id are two.
    private static func name(_ who: Who) -> String {
        switch who {
        case .user(let id): "user:\(id)"
        case .session(let id): "session:\(id)"
        }
    }
}

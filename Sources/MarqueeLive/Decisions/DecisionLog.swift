public import Foundation
internal import GRDB
internal import Synchronization

/// Every decision and every outcome, in SQLite, in the order in which they happened.
///
/// Decisions are written in groups, at the latest some 20 ms after they were made: an answer does not wait
/// for the disk. Until then they are in a journal, so that a killed process loses none (``DecisionJournal``).
public final class DecisionLog: Sendable {
    /// What one slot earned, as a policy learned it.
    public struct LoggedOutcome: Sendable, Equatable {
        public var decision: Int64
        public var slot: Int
        public var arm: String
        /// When the event that changed it happened.
        public var time: Int64
        public var outcome: Outcome
        /// What the reward is the sum of.
        var parts = RewardDefinition.Parts()
        /// Whose experiments it counts for; nil when read back from the log.
        var who: Who?
        var assignments: [ExperimentLayers.Assignment] = []

        public init(decision: Int64, slot: Int, arm: String, time: Int64, outcome: Outcome) {
            self.decision = decision
            self.slot = slot
            self.arm = arm
            self.time = time
            self.outcome = outcome
        }
    }

    private struct Waiting {
        let id: Int64
        let who: Who
        let assignments: [ExperimentLayers.Assignment]
        let bytes: [UInt8]

        init(_ decision: Decision, _ bytes: [UInt8]) {
            (id, who, assignments) = (decision.id, decision.query.who, decision.assignments)
            self.bytes = bytes
        }
    }

    private struct Group {
        var decisions: [Waiting] = []
        var outcomes: [LoggedOutcome] = []
        var through: Int64 = 0

        var isEmpty: Bool { decisions.isEmpty && outcomes.isEmpty && through == 0 }
    }

    private struct Queue: ~Copyable {
        /// Nil for a log that nobody decides by: one in memory, or one that is read while a server writes it.
        var journal: DecisionJournal?
        /// Whether more waited than the journal holds; it is not tried again before a group is in its table.
        var isJournalFull = false
        var waiting = Group()
        /// Not on disk yet, and not lost: whoever looks for one of these finds it.
        var writing = Group()
        var isWriting = false
        var failure: String?

        /// Whether a writer has to be started.
        mutating func begin() -> Bool {
            defer { isWriting = true }
            return !isWriting
        }

        mutating func take() -> Group {
            (writing, waiting) = (waiting, Group())
            return writing
        }

        /// Back in front of what came meanwhile; the next try may find room on the disk.
        mutating func putBack() {
            waiting = Group(
                decisions: writing.decisions + waiting.decisions, outcomes: writing.outcomes + waiting.outcomes,
                through: max(writing.through, waiting.through))
            writing = Group()
        }

        /// Keeps a decision in the journal until it is in its table.
        mutating func keep(_ bytes: [UInt8]) throws(DecisionLogError) {
            guard !isJournalFull, journal?.append(bytes) == false else { return }
            isJournalFull = true
            try journal?.beginAnew((writing.decisions + waiting.decisions).map(\.bytes) + [bytes])
            isJournalFull = false
        }

        /// Leaves nothing in the journal but what still waits.
        mutating func clearJournal() throws(DecisionLogError) {
            try journal?.clear(keeping: (writing.decisions + waiting.decisions).map(\.bytes))
        }

        /// Empties the journal when everything is in its table.
        mutating func trimJournal() {
            isJournalFull = false
            guard let size = journal?.size, size > 0, writing.decisions.isEmpty, waiting.decisions.isEmpty else {
                return
            }
            try? journal?.beginAnew([])  // To empty it takes no room that could be missing.
        }
    }
    let database: StateFile
    private let queue = Mutex(Queue())
    /// Decisions that may wait for the disk.
    public static let capacity = 50_000

    /// A log in a file of its own; nil keeps it in memory.
    /// - Throws: ``StateFileError``.
    public init(url: URL?) throws {
        // Of a kilobyte and more, decisions leave much of smaller pages empty, and a page is a call of the system.
        database = try StateFile(url, pageSize: 16_384, migrator: Self.migrator)
    }

    /// A log to decide by, in a file of its own, with what a killed process had not written to it.
    /// - Throws: ``DecisionLogError``, ``StateFileError``.
    convenience init(decidingAt url: URL) throws {
        try self.init(url: url)
        let path = url.deletingPathExtension().appendingPathExtension("waiting").path
        let left = try DecisionJournal.decisions(at: path).map { Waiting(try Decision(bytes: $0), $0) }
        try database.write { db in for waiting in left { try Self.insert(waiting, db) } }
        try queue.withLock { $0.journal = try DecisionJournal(path: path) }
    }

    /// Writes a decision, if it is not there yet.
    private static func insert(_ waiting: Waiting, _ db: Database) throws {
        let insert = try db.cachedStatement(sql: "INSERT OR IGNORE INTO decisions (id, body) VALUES (?, ?)")
        try insert.execute(arguments: [waiting.id, Data(waiting.bytes)])
        guard db.changesCount > 0 else { return }
        try tally(db, waiting.who, waiting.assignments, decisions: 1, reward: 0)
    }

    /// Takes a decision for writing.
    /// - Throws: ``DecisionLogError/full`` when the disk does not keep up.
    func append(_ decision: Decision) throws(DecisionLogError) {
        let bytes = decision.bytes
        let start = queue.withLock { queue -> Bool? in
            guard queue.waiting.decisions.count < Self.capacity else { return nil }
            // A decision that cannot be kept twice is still made; ``failure`` tells of it.
            do throws(DecisionLogError) { try queue.keep(bytes) } catch { queue.failure = "\(error)" }
            queue.waiting.decisions.append(Waiting(decision, bytes))
            return queue.begin()
        }
        guard let start else { throw .full }
        if start { write(after: .milliseconds(20)) }
    }

    /// Takes outcomes for writing, together with how far the event log has been learned.
    func append(_ outcomes: [LoggedOutcome], through sequence: Int64) {
        let start = queue.withLock { queue in
            queue.waiting.outcomes.append(contentsOf: outcomes)
            queue.waiting.through = sequence
            return queue.begin()
        }
        if start { write(after: .milliseconds(20)) }
    }

    /// Writes what waits; on return everything that was appended before is on disk.
    public func flush() async throws {
        do {
            try await database.write { [self] db in
                // One after the other: whoever finds nothing has waited for those who took it.
                let group = queue.withLock { $0.take() }
                guard !group.isEmpty else { return }
                db.afterNextTransaction { [self] _ in
                    queue.withLock { $0.writing = Group() }
                } onRollback: { [self] _ in
                    queue.withLock { $0.putBack() }
                }
                for waiting in group.decisions { try Self.insert(waiting, db) }
                let learn = try db.cachedStatement(
                    sql:
                        "INSERT INTO outcomes (decision, slot, arm, time, item, reward, revising, features, parts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                )
                for entry in group.outcomes {
                    let outcome = entry.outcome
                    try learn.execute(arguments: [
                        entry.decision, entry.slot, entry.arm, entry.time, outcome.item, outcome.reward,
                        outcome.revising,
                        outcome.features.withUnsafeBytes { Data($0) }, withUnsafeBytes(of: entry.parts) { Data($0) },
                    ])
                    if let who = entry.who {
                        try Self.tally(
                            db, who, entry.assignments, decisions: 0, reward: outcome.reward - (outcome.revising ?? 0))
                    }
                }
                if group.through > 0 {
                    try db.execute(sql: "UPDATE learned SET through = ?", arguments: [group.through])
                }
            }
        } catch {
            queue.withLock { $0.failure = "\(error)" }
            throw error
        }
        queue.withLock { queue in
            queue.trimJournal()
            queue.failure = nil
        }
    }

    /// Overwrites what the journal has of decisions that are in their table.
    func clearJournal() throws { try queue.withLock { queue throws(DecisionLogError) in try queue.clearJournal() } }

    /// Why the last group could not be written; nil when it could.
    public var failure: String? { queue.withLock { $0.failure } }

    /// A decision by its id.
    public func decision(_ id: Int64) async throws -> Decision? {
        let waiting = queue.withLock { queue in
            queue.waiting.decisions.last { $0.id == id } ?? queue.writing.decisions.last { $0.id == id }
        }
        if let waiting { return try Decision(bytes: waiting.bytes) }
        return try await database.read { db in
            try Data.fetchOne(db, sql: "SELECT body FROM decisions WHERE id = ?", arguments: [id])
                .map { try Decision(bytes: Array($0)) }
        }
    }

    /// Decisions in order of time, from the first one after `id` on.
    public func decisions(after id: Int64 = .min, limit: Int) async throws -> [Decision] {
        try await database.read { db in
            try Data.fetchAll(
                db, sql: "SELECT body FROM decisions WHERE id > ? ORDER BY id LIMIT ?", arguments: [id, limit]
            ).map { try Decision(bytes: Array($0)) }
        }
    }

    /// Outcomes of an arm in the order in which its policy learned them.
    /// - Parameter count: the first so many; nil for all.
    public func outcomes(arm: String, first count: Int? = nil) async throws -> [LoggedOutcome] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM outcomes WHERE arm = ? ORDER BY sequence LIMIT ?",
                arguments: [arm, count ?? -1]
            ).map(Self.outcome)
        }
    }

    /// What each slot of a decision earned last, by slot.
    func rewards(of decision: Int64) async throws -> [Int: (reward: Double, parts: RewardDefinition.Parts)] {
        let waiting = queue.withLock { queue in
            (queue.writing.outcomes + queue.waiting.outcomes).filter { $0.decision == decision }
        }
        var rewards = try await database.read { db in
            var rewards: [Int: (reward: Double, parts: RewardDefinition.Parts)] = [:]
            let rows = try Row.fetchCursor(
                db, sql: "SELECT slot, reward, parts FROM outcomes WHERE decision = ? ORDER BY sequence",
                arguments: [decision])
            while let row = try rows.next() {
                let bytes: Data = row["parts"]
                guard bytes.count == MemoryLayout<RewardDefinition.Parts>.size else { throw DecisionLogError.damaged }
                rewards[row["slot"]] = (
                    row["reward"], bytes.withUnsafeBytes { $0.loadUnaligned(as: RewardDefinition.Parts.self) }
                )
            }
            return rewards
        }
        for outcome in waiting { rewards[outcome.slot] = (outcome.outcome.reward, outcome.parts) }
        return rewards
    }

    /// How far the event log has been learned: the sequence of the last event whose outcomes are here.
    public func learnedThrough() async throws -> Int64 {
        try await database.read { db in try Int64.fetchOne(db, sql: "SELECT through FROM learned") ?? 0 }
    }

    /// Learns from this log from now on. Of another one nothing of it has been learned, whatever places say; what policies
    /// learned from that one stays, and an event that comes again revises its slot to what it has earned already.
    /// - Returns: how far this log has been learned.
    func learn(fromLog id: Int64, last: Int64) async throws -> Int64 {
        try await database.write { db in
            let row = try Row.fetchOne(db, sql: "SELECT log, through FROM learned")
            let log: Int64 = row?["log"] ?? 0
            var through: Int64 = row?["through"] ?? 0
            if log == id {
                // A copy from before: what it has was learned.
                through = min(through, last)
            } else if log != 0 || through > last {
                through = 0
            }
            try db.execute(sql: "UPDATE learned SET log = ?, through = ?", arguments: [id, through])
            return through
        }
    }

    /// Writes what waits and closes the file, which then is whole without its write-ahead log.
    func close() async {
        try? await flush()
        await database.close()
    }

    static func outcome(_ row: Row) -> LoggedOutcome {
        let features: Data = row["features"]
        let numbers = features.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
        }
        return LoggedOutcome(
            decision: row["decision"], slot: row["slot"], arm: row["arm"], time: row["time"],
            outcome: Outcome(item: row["item"], features: numbers, reward: row["reward"], revising: row["revising"]))
    }

    /// Writes group after group until nothing waits.
    private func write(after delay: Duration) {
        Task { [self] in
            var delay = delay
            while true {
                try? await Task.sleep(for: delay)
                do { try await flush() } catch StateFileError.closed { return } catch { delay = .seconds(1) }
                let isOver = queue.withLock { queue in
                    guard queue.waiting.isEmpty else { return false }
                    queue.isWriting = false
                    return true
                }
                if isOver { return }
            }
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("decisions 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE decisions (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
                    CREATE TABLE outcomes (
                        sequence INTEGER PRIMARY KEY, decision INTEGER NOT NULL, slot INTEGER NOT NULL, arm TEXT NOT NULL,
                        time INTEGER NOT NULL, item TEXT NOT NULL, reward REAL NOT NULL, revising REAL,
                        features BLOB NOT NULL, parts BLOB NOT NULL);
                    CREATE TABLE learned (through INTEGER NOT NULL);
                    INSERT INTO learned VALUES (0);
                    CREATE INDEX outcomes_by_decision ON outcomes (decision);
                    CREATE INDEX outcomes_by_arm ON outcomes (arm, sequence);
                    """)
        }
        migrator.registerMigration("decisions 2") { db in
            try db.execute(
                sql: """
                    CREATE TABLE tallies (
                        experiment TEXT NOT NULL, person TEXT NOT NULL, arm TEXT NOT NULL, decisions INTEGER NOT NULL,
                        reward REAL NOT NULL, PRIMARY KEY (experiment, person, arm)) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("decisions 3") { db in
            try db.execute(
                sql:
                    "CREATE TABLE policies (arm TEXT PRIMARY KEY, settings BLOB NOT NULL, through INTEGER NOT NULL, state BLOB NOT NULL)"
            )
        }
        migrator.registerMigration("decisions 4") { db in
            try db.execute(
                sql: """
                    CREATE TABLE experiment_shares (
                        experiment TEXT NOT NULL, period INTEGER NOT NULL, time INTEGER NOT NULL, shares BLOB NOT NULL,
                        PRIMARY KEY (experiment, period)) WITHOUT ROWID;
                    ALTER TABLE tallies ADD COLUMN period INTEGER NOT NULL DEFAULT 0;
                    """)
        }
        // Which log was learned from, and policies as they were lately: a start learns only what came after.
        migrator.registerMigration("decisions 5") { db in
            try db.execute(
                sql: """
                    ALTER TABLE learned ADD COLUMN log INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE lately (
                        arm TEXT PRIMARY KEY, settings BLOB NOT NULL, through INTEGER NOT NULL, state BLOB NOT NULL);
                    """)
        }
        return migrator
    }
}

/// The decision log cannot be used.
public enum DecisionLogError: Error, Equatable, CustomStringConvertible {
    /// The disk does not keep up.
    case full
    /// Bytes in the log are no decision.
    case damaged
    /// What waits cannot be kept beside the log.
    case cannotWrite(path: String, reason: String)

    public var description: String {
        switch self {
        case .full:
            "\(DecisionLog.capacity) decisions wait for the disk; try again soon, or give the log a faster or emptier disk"
        case .damaged: "a decision in the log is damaged; restore the file from a copy"
        case .cannotWrite(let path, let reason):
            "\(path): cannot write (\(reason)); a kill would lose decisions of the last moments"
        }
    }
}

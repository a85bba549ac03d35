internal import Foundation
internal import GRDB

extension DecisionLog {
    /// Decisions that showed something, in order of time, each with what its slots have earned so far; a slot of
    /// which nothing was heard has earned 0.
    /// - Parameters:
    ///   - arm: of this experiment arm alone; nil for all.
    ///   - milliseconds: only decisions of this long before the log's last one; nil for all.
    public func choices(arm: String? = nil, last milliseconds: Int64? = nil) throws -> [LoggedChoice] {
        let (decisions, rewards) = try database.read { db in
            let decisions = try Data.fetchAll(db, sql: "SELECT body FROM decisions ORDER BY id").map {
                try Decision(bytes: Array($0))
            }
            var rewards: [Int64: [Int: Double]] = [:]
            let rows = try Row.fetchCursor(db, sql: "SELECT decision, slot, reward FROM outcomes ORDER BY sequence")
            while let row = try rows.next() {
                let (decision, slot, reward): (Int64, Int, Double) = (row["decision"], row["slot"], row["reward"])
                rewards[decision, default: [:]][slot] = reward
            }
            return (decisions, rewards)
        }
        let start = milliseconds.flatMap { span in decisions.map(\.time).max().map { $0 - span } } ?? .min
        return decisions.filter { !$0.slate.slots.isEmpty && (arm == nil || $0.arm == arm) && $0.time >= start }.map {
            decision in
            LoggedChoice(
                choices: decision.choices, slate: decision.slate,
                rewards: decision.slate.slots.indices.map { rewards[decision.id]?[$0] ?? 0 })
        }
    }
}

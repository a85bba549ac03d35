internal import Synchronization

/// Joins what people do with the decision that showed it, and lets the decision's policy learn.
///
/// An impression opens a slot with reward 0; whatever follows revises it, however late: the newest decisions
/// are in memory, older ones come from the log. Events that name no decision, one that never showed the item, or one that
/// was for somebody else, teach nothing.
public final class Learner: Sendable {
    /// A decision whose outcomes may still come: what was shown, and what it earned so far. Many wait, so that it is
    /// small: some 0.5 kB for ten slots, where the policy learns from no features.
    fileprivate struct Entry {
        let arm: String
        let who: Who
        let assignments: [ExperimentLayers.Assignment]
        /// By slot.
        let items: [String]
        /// Each slot's, one after the other; empty where the policy learns from none.
        let features: [Double]
        /// By slot, as it was last learned; not a number before that.
        var learned: [Double]
        /// Of the slots that earned something.
        var parts: [Int: RewardDefinition.Parts] = [:]
    }
    fileprivate struct State {
        var entries: [Int64: Entry] = [:]
        /// Ids in order of arrival; a ring.
        var ring: [Int64] = []
        var next = 0
        var pending: [DecisionLog.LoggedOutcome] = []
        var joined = 0
        var unjoined = 0
    }
    private let state = Mutex(State())
    private let capacity: Int
    private let log: DecisionLog
    private let arms: [String: PolicyArm]
    public let reward: RewardDefinition
    private let isBy: @Sendable (Who, Event) -> Bool
    /// One group at a time, so that outcomes stay in their order.
    private let learning = Mutex(())

    /// - Parameter isBy: whether an event was done by the one for whom a decision was.
    init(
        log: DecisionLog, arms: [PolicyArm], reward: RewardDefinition, capacity: Int,
        isBy: @escaping @Sendable (Who, Event) -> Bool
    ) {
        self.log = log
        self.isBy = isBy
        self.arms = Dictionary(uniqueKeysWithValues: arms.map { ($0.name, $0) })
        self.reward = reward
        self.capacity = capacity
    }

    /// How many events were joined with a decision, and how many named one and could not be.
    public var counts: (joined: Int, unjoined: Int) { state.withLock { ($0.joined, $0.unjoined) } }

    /// Remembers what a decision showed.
    func expect(_ decision: Decision) {
        guard !decision.slate.slots.isEmpty else { return }
        let entry = Self.entry(decision)
        state.withLock { $0.keep(entry, decision.id, capacity) }
    }

    /// Forgets what was shown to people.
    /// - Returns: how many decisions.
    @discardableResult
    func forget(_ people: Set<Who>) -> Int {
        state.withLock { state in
            let before = state.entries.count
            state.entries = state.entries.filter { !people.contains($0.value.who) }
            return before - state.entries.count
        }
    }

    /// Joins events with their decisions. Those whose decision is not in memory are looked up in the log.
    func observe(_ events: [Event]) async throws {
        var late: [Int64: [Event]] = [:]
        state.withLock { state in
            for event in events {
                guard let name = event.decision else { continue }
                guard let id = Decision.id(name) else {
                    state.unjoined += 1
                    continue
                }
                if state.entries[id] == nil {
                    late[id, default: []].append(event)
                } else {
                    state.join(event, id, reward, isBy)
                }
            }
        }
        for (id, events) in late.sorted(by: { $0.key < $1.key }) {
            let decision = try? await log.decision(id)
            let rewards = decision == nil ? [:] : try await log.rewards(of: id)
            state.withLock { state in
                if let decision, state.entries[id] == nil {
                    var entry = Self.entry(decision)
                    for (slot, earned) in rewards where slot < entry.items.count {
                        entry.learned[slot] = earned.reward
                        entry.parts[slot] = earned.parts
                    }
                    state.keep(entry, id, capacity)
                }
                for event in events { state.join(event, id, reward, isBy) }
            }
        }
    }

    /// Lets the policies learn what was joined since the last time.
    /// - Parameter sequence: the last event that was observed.
    /// - Returns: how many outcomes they learned.
    @discardableResult
    func learn(through sequence: Int64) -> Int {
        learning.withLock { _ in
            let pending = state.withLock { state in
                defer { state.pending = [] }
                return state.pending
            }
            var learned: [DecisionLog.LoggedOutcome] = []
            for (name, outcomes) in Dictionary(grouping: pending, by: \.arm) {
                // An arm that is not configured any more has earned them all the same.
                learned += arms[name]?.learn(outcomes) ?? outcomes
            }
            log.append(learned, through: sequence)
            return learned.count
        }
    }

    private static func entry(_ decision: Decision) -> Entry {
        let slots = decision.slate.slots
        return Entry(
            arm: decision.arm, who: decision.query.who, assignments: decision.assignments,
            items: slots.map { decision.choices.items[$0.candidate] },
            features: decision.choices.width == 0 ? [] : slots.flatMap { decision.choices.features(of: $0.candidate) },
            learned: [Double](repeating: .nan, count: slots.count))
    }
}

extension Learner.State {
    fileprivate mutating func keep(_ entry: Learner.Entry, _ id: Int64, _ capacity: Int) {
        if ring.count < capacity {
            ring.append(id)
        } else {
            entries[ring[next]] = nil
            ring[next] = id
            next = (next + 1) % capacity
        }
        entries[id] = entry
    }

    fileprivate mutating func join(
        _ event: Event, _ id: Int64, _ reward: RewardDefinition, _ isBy: (Who, Event) -> Bool
    ) {
        guard var entry = entries[id], let slot = entry.items.firstIndex(of: event.item), isBy(entry.who, event) else {
            unjoined += 1
            return
        }
        joined += 1
        // In place: the entry would be copied while the table holds it too.
        entries[id] = nil
        defer { entries[id] = entry }
        let parts = reward.adding(event, to: entry.parts[slot] ?? .zero)
        if parts != .zero { entry.parts[slot] = parts }
        let total = reward.total(parts)
        let learned = entry.learned[slot].isNaN ? nil : entry.learned[slot]
        guard learned != total else { return }
        entry.learned[slot] = total
        let width = entry.features.count / entry.items.count
        var outcome = DecisionLog.LoggedOutcome(
            decision: id, slot: slot, arm: entry.arm, time: event.time,
            outcome: Outcome(
                item: event.item, features: Array(entry.features[slot * width..<(slot + 1) * width]), reward: total,
                revising: learned))
        outcome.parts = parts
        outcome.who = entry.who
        outcome.assignments = entry.assignments
        pending.append(outcome)
    }
}

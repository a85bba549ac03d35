public import MarqueeEvaluation

/// What another policy would have earned on logged decisions: its probabilities for what was shown, as the columns
/// that the estimators of `MarqueeEvaluation` read.
///
/// The policy is held as it is. To judge one that learns, let it ``learn(_:from:)`` an earlier part of the log and
/// judge it on the rest; one that learned from what it is judged by flatters itself.
public struct Counterfactual: Sendable {
    public let policy: any Policy

    public init(_ policy: any Policy) { self.policy = policy }

    /// A policy that has learned every slot of `choices`, in order.
    public static func learn(_ policy: any Policy, from choices: [LoggedChoice]) throws(PolicyError) -> any Policy {
        var policy = policy
        for choice in choices {
            for (slot, reward) in zip(choice.slate.slots, choice.rewards) {
                try policy.learn(
                    Outcome(
                        item: choice.choices.items[slot.candidate],
                        features: Array(choice.choices.features(of: slot.candidate)),
                        reward: reward))
            }
        }
        return policy
    }

    /// Decisions of one slot; of longer slates the first slots, whose probabilities depend on nothing above.
    ///
    /// The reward model is each item's mean reward, drawn to the overall mean by `strength` imagined showings, of the
    /// other half of the log.
    public func decisions(_ log: [LoggedChoice], strength: Double = 20) throws -> LoggedDecisions {
        let log = log.filter { !$0.slate.slots.isEmpty && !$0.rewards.isEmpty }
        let halves = (0..<2).map { ItemMeans(log, without: $0, strength: strength) }
        var (targets, shown, expected): ([Double], [Double], [Double]) = ([], [], [])
        for (row, choice) in log.enumerated() {
            let distribution = try policy.distribution(over: choice.choices, below: [])
            let candidate = choice.slate.slots[0].candidate
            guard distribution.indices.contains(candidate) else {
                throw PolicyError.badCandidate(candidate, candidates: distribution.count)
            }
            let means = halves[row % 2]
            targets.append(min(1, distribution[candidate]))
            shown.append(means[choice.choices.items[candidate]])
            expected.append(
                zip(distribution, choice.choices.items).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * means[$1.1] : 0) })
        }
        return try LoggedDecisions(
            rewards: log.map { $0.rewards[0] }, propensities: log.map { $0.slate.slots[0].propensity },
            targets: targets,
            model: .init(shown: shown, expected: expected))
    }

    /// Whole slates, slot by slot given the slots above.
    public func slates(_ log: [LoggedChoice]) throws -> LoggedSlates {
        var offsets = [0]
        var (rewards, propensities, targets): ([Double], [Double], [Double]) = ([], [], [])
        for choice in log where !choice.slate.slots.isEmpty && choice.rewards.count == choice.slate.slots.count {
            targets += try policy.propensities(of: choice.slate.candidates, from: choice.choices).map { min(1, $0) }
            rewards += choice.rewards
            propensities += choice.slate.slots.map(\.propensity)
            offsets.append(rewards.count)
        }
        return try LoggedSlates(offsets: offsets, rewards: rewards, propensities: propensities, targets: targets)
    }

    private struct ItemMeans {
        private var sums: [String: (reward: Double, count: Double)] = [:]
        private let mean, strength: Double

        init(_ log: [LoggedChoice], without half: Int, strength: Double) {
            var total = (reward: 0.0, count: 0.0)
            for (row, choice) in log.enumerated() where row % 2 != half {
                let item = choice.choices.items[choice.slate.slots[0].candidate]
                let before = sums[item] ?? (0, 0)
                sums[item] = (before.reward + choice.rewards[0], before.count + 1)
                total = (total.reward + choice.rewards[0], total.count + 1)
            }
            mean = total.count > 0 ? total.reward / total.count : 0
            self.strength = strength
        }

        subscript(item: String) -> Double {
            guard let sum = sums[item] else { return mean }
            return (sum.reward + strength * mean) / (sum.count + strength)
        }
    }
}

/// What a policy did and what came of it, beside what another policy, the target, would have done: the columns
/// that an off-policy estimator reads, one row a decision of one action.
///
/// Rows are independent. Nothing is known here of contexts or items; whoever fills the columns has looked up
/// the target's probabilities and, for the estimators that want it, a reward model's predictions.
public struct LoggedDecisions: Sendable, Equatable {
    /// r: the reward of the action shown. [decisions]
    public var rewards: [Double]
    /// π_b(a | x): the probability with which the logging policy showed it, in (0, 1]. [decisions]
    public var propensities: [Double]
    /// π_e(a | x): the target's probability of the same action. [decisions]
    public var targets: [Double]
    /// What a reward model expects; nil when there is none.
    public var model: ModeledRewards?
    /// The largest π_e / π_b that could have occurred, when that is known from the policies and not from the log.
    public var largestWeight: Double?

    /// A reward model's predictions q̂ as the estimators read them.
    public struct ModeledRewards: Sendable, Equatable {
        /// q̂(x, a) of the action shown. [decisions]
        public var shown: [Double]
        /// Σ_a π_e(a | x) q̂(x, a), over all actions. [decisions]
        public var expected: [Double]

        public init(shown: [Double], expected: [Double]) {
            self.shown = shown
            self.expected = expected
        }
    }

    /// - Throws: ``OffPolicyError`` for columns of different lengths, none at all, or a value that cannot be.
    public init(
        rewards: [Double], propensities: [Double], targets: [Double], model: ModeledRewards? = nil,
        largestWeight: Double? = nil
    ) throws(OffPolicyError) {
        self.rewards = rewards
        self.propensities = propensities
        self.targets = targets
        self.model = model
        self.largestWeight = largestWeight
        try Self.check(rewards: rewards, propensities: propensities, targets: targets)
        if let model {
            for (name, column) in [("modeled rewards", model.shown), ("expected rewards", model.expected)] {
                guard column.count == count else { throw .lengths(name, column.count, expected: count) }
                if let row = column.firstIndex(where: { !$0.isFinite }) {
                    throw .value(name, row: row, column[row], allowed: "finite")
                }
            }
        }
    }

    public var count: Int { rewards.count }

    /// w = π_e / π_b. [decisions]
    public var weights: [Double] { zip(targets, propensities).map { $0 / $1 } }

    static func check(rewards: [Double], propensities: [Double], targets: [Double]) throws(OffPolicyError) {
        let count = rewards.count
        guard count > 1 else { throw .tooFew(count) }
        guard propensities.count == count else { throw .lengths("propensities", propensities.count, expected: count) }
        guard targets.count == count else { throw .lengths("target probabilities", targets.count, expected: count) }
        for row in 0..<count {
            guard rewards[row].isFinite else { throw .value("reward", row: row, rewards[row], allowed: "finite") }
            guard propensities[row] > 0, propensities[row] <= 1 else {
                throw .value("propensity", row: row, propensities[row], allowed: "above 0 and at most 1")
            }
            // Probabilities that were summed may pass 1 by rounding.
            guard targets[row] >= 0, targets[row] <= 1 + 1e-9 else {
                throw .value("target probability", row: row, targets[row], allowed: "from 0 to 1")
            }
        }
    }
}

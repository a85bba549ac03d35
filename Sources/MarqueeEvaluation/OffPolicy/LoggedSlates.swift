/// Slates that a policy showed, slot by slot, beside the target's probabilities of the same slates. Rows are
/// slots; a slate's rows follow each other from its first slot down.
public struct LoggedSlates: Sendable, Equatable {
    /// Where each slate's rows begin, and where the last one's end. [slates + 1]
    public var offsets: [Int]
    /// A slot's reward. [rows]
    public var rewards: [Double]
    /// π_b(a_k | x, a_1 … a_{k−1}): the logging policy's probability given the slots above. [rows]
    public var propensities: [Double]
    /// π_e(a_k | x, a_1 … a_{k−1}). [rows]
    public var targets: [Double]
    /// Both policies' probabilities of the item in this slot whatever stands above, which the independent
    /// estimators read; nil when they are not known.
    public var marginals: Marginals?
    /// A reward model's q̂ of the slot, given the slots above, and its expectation under the target.
    public var model: LoggedDecisions.ModeledRewards?

    public struct Marginals: Sendable, Equatable {
        public var propensities: [Double]
        public var targets: [Double]

        public init(propensities: [Double], targets: [Double]) {
            self.propensities = propensities
            self.targets = targets
        }
    }

    /// - Throws: ``OffPolicyError`` for columns that do not fit together.
    public init(
        offsets: [Int], rewards: [Double], propensities: [Double], targets: [Double], marginals: Marginals? = nil,
        model: LoggedDecisions.ModeledRewards? = nil
    ) throws(OffPolicyError) {
        try LoggedDecisions.check(rewards: rewards, propensities: propensities, targets: targets)
        guard offsets.first == 0, offsets.last == rewards.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 < $1 }),
            offsets.count > 2
        else {
            throw .badSetting(
                "slate offsets must rise from 0 to the number of rows, \(rewards.count), over at least two slates")
        }
        if let marginals {
            try LoggedDecisions.check(
                rewards: rewards, propensities: marginals.propensities, targets: marginals.targets)
        }
        if let model, model.shown.count != rewards.count || model.expected.count != rewards.count {
            throw .lengths("modeled rewards", min(model.shown.count, model.expected.count), expected: rewards.count)
        }
        self.offsets = offsets
        self.rewards = rewards
        self.propensities = propensities
        self.targets = targets
        self.marginals = marginals
        self.model = model
    }

    public var count: Int { offsets.count - 1 }
}

/// How an experiment stands: its arms with what their people earned, whether it lost people on the way, and how
/// much better each arm is than the control.
///
/// A person is one unit, with what a decision earned them on average so far, however often they came. The
/// intervals hold however often one looks, as far as people's averages stand still; those who came once yet move
/// the most.
public struct ExperimentSummary: Sendable, Equatable, Codable {
    public struct Arm: Sendable, Equatable, Codable {
        public var name: String
        /// As configured.
        public var share: Double
        public var people: Int
        public var decisions: Int
        /// Of all its decisions together.
        public var reward: Double
        /// Of a person: what a decision earned on average. Mean over people, and standard deviation.
        public var mean: Double
        public var deviation: Double
        /// Against the control; nil for the control itself.
        public var comparison: SequentialComparison?
    }

    public var name: String
    public var layer: String
    public var arms: [Arm]
    /// Of the arms' people against the shares that were in force when they came. A mismatch means that the rest means
    /// nothing.
    public var sampleRatio: SampleRatioCheck
    /// People who were in more than one arm, because shares were changed while it ran.
    public var moved: Int
    /// The shares that it has had, the first ones first; where there are several, averages mix people who were drawn
    /// differently.
    public var history: [ExperimentShares]
    /// Whether the settings say other shares than those by which the log's last decisions were made.
    public var isUnapplied: Bool

    /// - Parameters:
    ///   - tallies: of this experiment's people.
    ///   - history: the shares that it has had; without any its own were always in force.
    init(
        _ experiment: Experiments.Experiment, _ tallies: [DecisionLog.Tally], history: [ExperimentShares] = [],
        confidence: Double
    ) {
        var summaries: [String: ArmSummary] = [:]
        var decisions: [String: Int] = [:]
        var rewards: [String: Double] = [:]
        var arms: [String: Set<String>] = [:]
        /// Where and when each person was first seen, as those whom a change of shares moves later are not drawn by chance;
        /// of those in several arms at once, from before shares were noted, that is not known.
        var first: [String: (arm: String?, period: Int)] = [:]
        for tally in tallies where tally.decisions > 0 {
            summaries[tally.arm, default: ArmSummary()].add(tally.reward / Double(tally.decisions))
            decisions[tally.arm, default: 0] += tally.decisions
            rewards[tally.arm, default: 0] += tally.reward
            arms[tally.person, default: []].insert(tally.arm)
            if let known = first[tally.person], known.period <= tally.period {
                if known.period == tally.period { first[tally.person]?.arm = nil }
            } else {
                first[tally.person] = (tally.arm, tally.period)
            }
        }
        let control = summaries[experiment.arms[0].name] ?? ArmSummary()
        name = experiment.name
        layer = experiment.layer
        self.arms = experiment.arms.enumerated().map { index, arm in
            let summary = summaries[arm.name] ?? ArmSummary()
            return Arm(
                name: arm.name, share: arm.share, people: summary.count, decisions: decisions[arm.name] ?? 0,
                reward: rewards[arm.name] ?? 0, mean: summary.mean, deviation: summary.variance.squareRoot(),
                comparison: index == 0
                    ? nil
                    : SequentialComparison(
                        treatment: summary, control: control, effect: experiment.effect, confidence: confidence))
        }
        let current = ExperimentShares(experiment, since: 0)
        let periods = history.isEmpty ? [current] : history
        sampleRatio = SampleRatioCheck(
            periods: periods.enumerated().map { period, shares in
                let people = Dictionary(
                    first.values.lazy.filter { $0.period == period }.compactMap { $0.arm.map { ($0, 1) } },
                    uniquingKeysWith: +)
                return (shares.arms.map { people[$0.name] ?? 0 }, shares.arms.map(\.share))
            })
        self.history = history
        isUnapplied = history.last.map { !$0.isLike(current) } ?? false
        moved = arms.values.count { $0.count > 1 }
    }
}

extension Experiments {
    /// How each experiment stands by a log of decisions, in the configuration's order. O(people).
    public func reports(from log: DecisionLog, confidence: Double = 0.95) async throws -> [ExperimentSummary] {
        // Where the disk takes nothing, what it has is told all the same.
        try? await log.flush()
        var reports: [ExperimentSummary] = []
        for experiment in all {
            reports.append(
                ExperimentSummary(
                    experiment, try await log.tallies(of: experiment.name),
                    history: try await log.shares(of: experiment.name), confidence: confidence))
        }
        return reports
    }
}

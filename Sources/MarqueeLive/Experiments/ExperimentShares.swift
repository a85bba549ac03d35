/// The shares by which an experiment draws people, from some time on.
public struct ExperimentShares: Sendable, Equatable, Codable {
    /// Since when, in milliseconds since 1970.
    public var since: Int64
    /// The experiment's part of its layer's people.
    public var share: Double
    /// In their order, in which they take their parts.
    public var arms: [Arm]

    public struct Arm: Sendable, Equatable, Codable {
        public var name: String
        /// Its part of the experiment's people.
        public var share: Double
    }

    init(_ experiment: Experiments.Experiment, since: Int64) {
        self.since = since
        share = experiment.share
        arms = experiment.arms.map { Arm(name: $0.name, share: $0.share) }
    }

    /// Whether both draw alike.
    func isLike(_ other: ExperimentShares) -> Bool { share == other.share && arms == other.arms }
}

public import MarqueeRuntime

/// The A/B experiments of a server: who is in which arm, and by which policy an arm decides.
///
///     - name: thompson
///       layer: ranking
///       share: 0.5
///       arms:
///         - { name: control, share: 0.5 }
///         - { name: treatment, share: 0.5, policy: { linear-thompson: {} } }
///
/// An arm with a policy has it for itself: it learns from what its own people do and from nothing else. An arm
/// without one decides by the server's policy, beside everybody who is in no experiment; a control that is to
/// learn from as little as its treatments names that policy again. Only one layer may have policies; arms of
/// the others are told to whoever asked, who then does what differs.
public struct Experiments: Sendable {
    public struct Arm: Decodable, Sendable {
        public var name: String
        /// Its part of the experiment's people, in (0, 1).
        public var share: Double
        /// With nothing learned; nil for the server's own.
        public var policy: (any Policy)? { spec?.policy }
        private var spec: PolicySpec?

        enum CodingKeys: String, CodingKey {
            case name, share
            case spec = "policy"
        }

        public init(_ name: String, _ share: Double, policy: (any Policy)? = nil) {
            self.name = name
            self.share = share
            spec = policy.map { PolicySpec($0) }
        }
    }

    public struct Experiment: Configuration {
        public var name: String
        public var layer: String
        /// Its part of the layer's people, in (0, 1].
        public var share: Double
        /// The difference worth finding, in units of the reward: τ of ``SequentialComparison``.
        public var effect: Double
        /// The first one is the control.
        public var arms: [Arm]

        public init(_ name: String, layer: String = "main", share: Double = 1, effect: Double = 0.05, arms: [Arm]) {
            self.name = name
            self.layer = layer
            self.share = share
            self.effect = effect
            self.arms = arms
        }

        public static let defaults = Experiment("", arms: [])
        public static let required = ["name", "arms"]

        /// The name under which an arm's policy works and is logged.
        func policyName(_ arm: String) -> String { "\(name)/\(arm)" }
    }

    /// In the order in which they take their layer's buckets: append, never insert, or people move.
    public let all: [Experiment]
    private let layers: ExperimentLayers
    /// The names of arms that have a policy.
    private let policies: Set<String>

    /// No experiments.
    public init() {
        all = []
        layers = ExperimentLayers()
        policies = []
    }

    /// - Throws: ``ExperimentError`` where experiments cannot be run beside each other.
    public init(_ all: [Experiment]) throws(ExperimentError) {
        var layers: [ExperimentLayers.Layer] = []
        for experiment in all {
            guard experiment.effect > 0, experiment.effect.isFinite else {
                throw .badEffect(of: experiment.name, experiment.effect)
            }
            let member = ExperimentLayers.Experiment(
                name: experiment.name, share: experiment.share, arms: experiment.arms.map { .init($0.name, $0.share) })
            if let index = layers.firstIndex(where: { $0.name == experiment.layer }) {
                layers[index].experiments.append(member)
            } else {
                layers.append(ExperimentLayers.Layer(experiment.layer, [member]))
            }
        }
        let deciding = all.filter { $0.arms.contains { $0.policy != nil } }
        if let first = deciding.first, let other = deciding.first(where: { $0.layer != first.layer }) {
            throw .policiesInTwoLayers(first.layer, other.layer)
        }
        self.all = all
        self.layers = try ExperimentLayers(layers)
        policies = Set(
            deciding.flatMap { experiment in
                experiment.arms.filter { $0.policy != nil }.map { experiment.policyName($0.name) }
            })
    }

    /// What somebody sees: at most one experiment a layer. Whoever has no name, a session without an id, is in none.
    public func assignments(of who: Who) -> [ExperimentLayers.Assignment] {
        all.isEmpty || who.id.isEmpty ? [] : layers.assignments(of: who.id)
    }

    /// The name of the policy that decides; empty for the server's own.
    func policyName(_ assignments: [ExperimentLayers.Assignment]) -> String {
        for assignment in assignments {
            let name = "\(assignment.experiment)/\(assignment.arm)"
            if policies.contains(name) { return name }
        }
        return ""
    }

    /// The policies of all arms, new at every call.
    public func policyArms() -> [PolicyArm] {
        all.flatMap { experiment in
            experiment.arms.compactMap { arm in arm.policy.map { PolicyArm(name: experiment.policyName(arm.name), $0) }
            }
        }
    }
}

extension Experiments: Decodable {
    public init(from decoder: any Decoder) throws { try self.init([Experiment](from: decoder)) }
}

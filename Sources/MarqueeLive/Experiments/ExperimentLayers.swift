internal import MarqueeRuntime

/// A/B experiments in layers: who sees which arm of which experiment, with no memory of who saw what.
///
/// Every unit, a user or a session, has in every layer a bucket of ``bucketCount``, a hash of the layer's name and the
/// unit; the experiments of a layer own disjoint ranges of its buckets, so that nobody is in two of them, and
/// layers are independent of each other. Inside an experiment a second hash, of the experiment's name and
/// the unit, picks the arm, so that an arm of one experiment tells nothing of arms of the next in the same
/// buckets.
///
///     let layers = try ExperimentLayers([
///         .init("ranking", [.init(name: "thompson", share: 0.5, arms: [.init("control", 0.5), .init("treatment", 0.5)])]),
///         .init("snapshot", [.init(name: "two-rows", arms: [.init("one", 0.5), .init("two", 0.5)])]),
///     ])
///     layers.assignments(of: "user-7")        // at most one a layer
public struct ExperimentLayers: Sendable {
    /// Shares are kept to a hundredth of a percent.
    public static let bucketCount = 10_000

    public struct Experiment: Sendable, Equatable {
        public var name: String
        /// Its part of the layer's units, in (0, 1].
        public var share: Double
        /// With shares that sum to 1; in their order they take their parts.
        public var arms: [Arm]

        public struct Arm: Sendable, Equatable {
            public var name: String
            public var share: Double
            public init(_ name: String, _ share: Double) {
                self.name = name
                self.share = share
            }
        }

        public init(name: String, share: Double = 1, arms: [Arm]) {
            self.name = name
            self.share = share
            self.arms = arms
        }
    }

    /// What a unit sees of one layer.
    public struct Assignment: Sendable, Equatable, Codable {
        public let layer: String
        public let experiment: String
        public let arm: String
    }

    public struct Layer: Sendable, Equatable {
        public var name: String
        /// In the order in which they take their buckets: append, never insert, or units move.
        public var experiments: [Experiment]
        public init(_ name: String, _ experiments: [Experiment]) {
            self.name = name
            self.experiments = experiments
        }
    }

    public let layers: [Layer]

    /// No experiments.
    public init() { layers = [] }

    /// - Throws: ``ExperimentError`` where shares do not fit or a name is used twice.
    public init(_ layers: [Layer]) throws(ExperimentError) {
        var names: Set<String> = []
        for layer in layers {
            var buckets = 0
            for experiment in layer.experiments {
                guard names.insert(experiment.name).inserted else { throw .nameTwice(experiment.name) }
                guard experiment.share > 0, experiment.share <= 1 else {
                    throw .badShare(of: experiment.name, experiment.share)
                }
                guard experiment.arms.count > 1, Set(experiment.arms.map(\.name)).count == experiment.arms.count else {
                    throw .badArms(experiment.name)
                }
                for arm in experiment.arms where !(arm.share > 0 && arm.share < 1) {
                    throw .badShare(of: "\(experiment.name), arm \(arm.name)", arm.share)
                }
                let sum = experiment.arms.reduce(0) { $0 + $1.share }
                guard abs(sum - 1) < 1e-6 else { throw .armsSum(experiment.name, sum) }
                buckets += Self.buckets(experiment.share)
            }
            guard buckets <= Self.bucketCount else {
                throw .layerFull(layer.name, Double(buckets) / Double(Self.bucketCount))
            }
        }
        self.layers = layers
    }

    /// What `unit` sees: at most one experiment a layer, the same at every call, on every machine. O(experiments).
    public func assignments(of unit: String) -> [Assignment] {
        layers.compactMap { layer in
            let bucket = Int(StableHash.of(layer.name, unit).multipliedFullWidth(by: UInt64(Self.bucketCount)).high)
            var end = 0
            for experiment in layer.experiments {
                end += Self.buckets(experiment.share)
                guard bucket < end else { continue }
                return Assignment(
                    layer: layer.name, experiment: experiment.name, arm: Self.arm(of: unit, in: experiment))
            }
            return nil
        }
    }

    private static func arm(of unit: String, in experiment: Experiment) -> String {
        let mark = StableHash.unit(experiment.name, unit)
        var cumulated = 0.0
        for arm in experiment.arms {
            cumulated += arm.share
            if mark < cumulated { return arm.name }
        }
        // Shares that sum to 1 but for rounding.
        return experiment.arms[experiment.arms.count - 1].name
    }

    private static func buckets(_ share: Double) -> Int { Int((share * Double(bucketCount)).rounded()) }
}

/// Experiments that cannot be run beside each other.
public enum ExperimentError: Error, Equatable, CustomStringConvertible {
    case nameTwice(String)
    case badShare(of: String, Double)
    case badArms(String)
    case armsSum(String, Double)
    case layerFull(String, Double)
    case policiesInTwoLayers(String, String)
    case badEffect(of: String, Double)

    public var description: String {
        switch self {
        case .nameTwice(let name):
            "two experiments are named '\(name)'; names are what arms are drawn by and must differ"
        case .badShare(let name, let share): "\(name): share \(share) is not above 0 and at most 1"
        case .badArms(let name): "\(name): an experiment needs at least two arms of different names"
        case .armsSum(let name, let sum): "\(name): the shares of its arms sum to \(sum), not to 1"
        case .layerFull(let name, let sum):
            "layer \(name): its experiments want \(sum) of its units; give them shares that sum to at most 1, or another layer"
        case .policiesInTwoLayers(let one, let other):
            "layers \(one) and \(other) both have policies, and somebody in both could follow only one; put these experiments into one layer"
        case .badEffect(let name, let effect):
            "\(name): effect \(effect) is not above 0; give the difference of rewards that is worth finding"
        }
    }
}

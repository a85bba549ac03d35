internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
public import MarqueeRuntime

/// `metrics.json` of a run folder.
public struct RunMetrics: Sendable, Codable, Equatable {
    public struct Model: Sendable, Codable, Equatable {
        public var kind: String
        public var config: ConfigValue
        public var seeds: [UInt64]
        /// With k-fold, which fold each fit tested, in the order of the seeds.
        public var folds: [Int]?
        /// Means over seeds, by metric, `"HR@10"`; and by list, `"Coverage@10"`.
        public var metrics: [String: Double]
        /// By metric, one figure a seed, in the order of the seeds.
        public var perSeed: [String: [Double]]
        /// Standard deviations over seeds; empty for one seed.
        public var spread: [String: Double]
        public var slices: [RunResult.SliceFigures]
        /// How much each behavior counts, by name, mean over seeds; nil for models that do not say.
        public var behaviorWeights: [String: Double]?
        public var validation: Double?
        public var seconds: Double
        public var samplesPerSecond: Double
        public var peakBytes: Int
        public var evaluationSeconds: Double
        /// What happened where the loss stayed where it began; nil where it did not.
        public var collapsed: String?

        enum CodingKeys: String, CodingKey {
            case kind, config, seeds, folds, metrics, spread, slices, validation, seconds, collapsed
            case behaviorWeights = "behavior_weights"
            case perSeed = "per_seed"
            case samplesPerSecond = "samples_per_second"
            case peakBytes = "peak_bytes"
            case evaluationSeconds = "evaluation_seconds"
        }
    }

    public struct Counts: Sendable, Codable, Equatable {
        public var users, items, interactions: Int
        public var train, validation, test: Int
        public var testUsers: Int

        enum CodingKeys: String, CodingKey {
            case users, items, interactions, train, validation, test
            case testUsers = "test_users"
        }
    }

    /// The figures of one more protocol.
    public struct ProtocolMetrics: Sendable, Codable, Equatable {
        public struct Model: Sendable, Codable, Equatable {
            public var metrics: [String: Double]
            public var perSeed: [String: [Double]]
            public var spread: [String: Double]
            public var slices: [RunResult.SliceFigures]

            enum CodingKeys: String, CodingKey {
                case metrics, spread, slices
                case perSeed = "per_seed"
            }
        }

        public var title: String
        public var `protocol`: String
        public var models: [String: Model]
    }

    public var name: String
    public var data: String
    public var isSimulated: Bool
    public var `protocol`: String
    /// The first of ``seeds``.
    public var seed: UInt64
    public var seeds: [UInt64]
    public var counts: Counts
    public var models: [String: Model]
    /// The protocols beside the first.
    public var protocols: [ProtocolMetrics]
    /// Why there are no figures, by model; nil where all were fitted.
    public var notFitted: [String: String]?

    enum CodingKeys: String, CodingKey {
        case name, data, `protocol`, seed, seeds, counts, models, protocols
        case isSimulated = "simulated"
        case notFitted = "not_fitted"
    }

    public init(_ result: RunResult) {
        name = result.experiment.name
        data = result.data.description.name
        isSimulated = result.data.isSimulated
        `protocol` = Self.text(result)
        seed = result.experiment.seeds[0]
        seeds = result.experiment.seeds
        let (counts, split) = (result.data.description.counts, result.data.split)
        self.counts = Counts(
            users: counts.users, items: counts.items, interactions: counts.interactions, train: split.trainInteractions,
            validation: split.validationItems, test: split.testItems, testUsers: split.testUsers)
        models = [:]
        for model in result.models {
            let figures = Self.figures(model, result.metrics)
            var metrics = figures.metrics
            for (name, value) in model.beyond?.figures ?? [] { metrics[name] = value }
            for name in result.clickFigures { metrics[name] = model.mean(of: name) }
            let first = model.fits[0]
            models[model.name] = Model(
                kind: first.spec.kind, config: first.spec.config.hyphenated, seeds: model.fits.map(\.seed),
                folds: first.fold.map { _ in model.fits.compactMap(\.fold) }, metrics: metrics,
                perSeed: figures.perSeed, spread: figures.spread, slices: model.slices,
                behaviorWeights: model.behaviorWeights, validation: first.validation, seconds: model.seconds,
                samplesPerSecond: model.samplesPerSecond, peakBytes: model.peakBytes,
                evaluationSeconds: model.fits.reduce(0) { $0 + $1.evaluationSeconds } / Double(model.fits.count),
                collapsed: model.collapse)
        }
        notFitted =
            result.notFitted.isEmpty
            ? nil : Dictionary(uniqueKeysWithValues: result.notFitted.map { ($0.model, $0.reason) })
        protocols = result.protocols.dropFirst().map { result in
            ProtocolMetrics(
                title: result.config.title, protocol: Self.text(result),
                models: Dictionary(
                    uniqueKeysWithValues: result.models.map { ($0.name, Self.figures($0, result.metrics)) }))
        }
    }

    private static func text(_ result: RunResult) -> String { "\(result.data.split.name); \(result.protocol)" }

    private static func figures(_ model: RunResult.Model, _ measured: [Metric]) -> ProtocolMetrics.Model {
        var figures = ProtocolMetrics.Model(metrics: [:], perSeed: [:], spread: [:], slices: model.slices)
        for metric in measured {
            figures.metrics["\(metric)"] = model.mean(metric)
            figures.perSeed["\(metric)"] = model.perSeed(metric)
            figures.spread["\(metric)"] = model.spread(metric)
        }
        return figures
    }
}

extension BeyondAccuracy {
    /// By name with the lists' length, `Coverage@10`.
    var figures: [(name: String, value: Double)] {
        var figures = [("Coverage@\(k)", coverage), ("Novelty@\(k)", novelty)]
        if let diversity { figures.append(("Diversity@\(k)", diversity)) }
        return figures + [("AveragePopularity@\(k)", averagePopularity), ("ExposureGini@\(k)", exposureGini)]
    }
}

internal import MarqueeData
internal import MarqueeEvaluation
public import MarqueeModels

/// `metrics.json` of a run folder.
public struct RunMetrics: Sendable, Codable, Equatable {
    public struct Model: Sendable, Codable, Equatable {
        public var kind: String
        public var config: ConfigValue
        /// Means over seeds, by metric, `"HR@10"`; and by list, `"Coverage@10"`.
        public var metrics: [String: Double]
        /// By metric, one figure a seed, in the order of the seeds.
        public var perSeed: [String: [Double]]
        /// Standard deviations over seeds; empty for one seed.
        public var spread: [String: Double]
        public var slices: [RunResult.SliceFigures]
        public var validation: Double?
        public var seconds: Double
        public var samplesPerSecond: Double
        public var peakBytes: Int
        public var evaluationSeconds: Double

        enum CodingKeys: String, CodingKey {
            case kind, config, metrics, spread, slices, validation, seconds
            case perSeed = "per_seed", samplesPerSecond = "samples_per_second", peakBytes = "peak_bytes"
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

    public var name: String
    public var data: String
    public var isSimulated: Bool
    public var `protocol`: String
    /// The first of ``seeds``.
    public var seed: UInt64
    public var seeds: [UInt64]
    public var counts: Counts
    public var models: [String: Model]

    enum CodingKeys: String, CodingKey {
        case name, data, `protocol`, seed, seeds, counts, models
        case isSimulated = "simulated"
    }

    public init(_ result: RunResult) {
        name = result.experiment.name
        data = result.data.description.name
        isSimulated = result.data.isSimulated
        `protocol` = "\(result.data.split.name); \(result.protocol)"
        seed = result.experiment.seeds[0]
        seeds = result.experiment.seeds
        let (counts, split) = (result.data.description.counts, result.data.split)
        self.counts = Counts(
            users: counts.users, items: counts.items, interactions: counts.interactions, train: split.trainInteractions,
            validation: split.validationItems, test: split.testItems, testUsers: split.testUsers)
        models = [:]
        for model in result.models {
            var (metrics, perSeed, spread): ([String: Double], [String: [Double]], [String: Double]) = ([:], [:], [:])
            for metric in result.metrics {
                metrics["\(metric)"] = model.mean(metric)
                perSeed["\(metric)"] = model.perSeed(metric)
                spread["\(metric)"] = model.spread(metric)
            }
            for (name, value) in model.beyond?.figures ?? [] { metrics[name] = value }
            let first = model.fits[0]
            models[model.name] = Model(
                kind: first.spec.kind, config: first.spec.config.hyphenated, metrics: metrics, perSeed: perSeed, spread: spread,
                slices: model.slices, validation: first.validation, seconds: model.seconds,
                samplesPerSecond: model.samplesPerSecond, peakBytes: model.peakBytes,
                evaluationSeconds: model.fits.reduce(0) { $0 + $1.evaluationSeconds } / Double(model.fits.count))
        }
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

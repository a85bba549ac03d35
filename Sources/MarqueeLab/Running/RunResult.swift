internal import Foundation
internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeModels

/// Everything that came of a finished run; what tables, reports and comparisons are made of.
public struct RunResult: Sendable {
    /// A model with its fits, one a seed.
    public struct Model: Sendable {
        public let name: String
        public let fits: [FitRecord]
        public let tuning: TuningRecord?

        /// Mean of a metric over seeds, nil when it was not evaluated.
        public func mean(_ metric: Metric) -> Double? {
            let values = perSeed(metric)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }

        public func perSeed(_ metric: Metric) -> [Double] { fits.compactMap { $0.result[metric] } }

        /// The sample standard deviation over seeds; nil for one seed.
        public func spread(_ metric: Metric) -> Double? {
            let values = perSeed(metric)
            guard values.count > 1, let mean = mean(metric) else { return nil }
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
        }

        /// Mean over seeds of the seconds that fitting took.
        public var seconds: Double { fits.reduce(0) { $0 + $1.seconds } / Double(max(1, fits.count)) }
        public var samplesPerSecond: Double { fits.reduce(0) { $0 + $1.samplesPerSecond } / Double(max(1, fits.count)) }
        public var peakBytes: Int { fits.map(\.peakBytes).max() ?? 0 }
        public var beyond: BeyondAccuracy? { fits.lazy.compactMap(\.beyond).first }

        /// The slices, their figures averaged over seeds.
        public var slices: [SliceFigures] {
            (fits.first?.slices ?? []).enumerated().map { index, slice in
                var means: [String: Double] = [:]
                for key in slice.means.keys {
                    means[key] = fits.reduce(0) { $0 + ($1.slices[index].means[key] ?? 0) } / Double(fits.count)
                }
                return SliceFigures(name: slice.name, users: slice.users, metrics: means)
            }
        }
    }

    public struct SliceFigures: Sendable, Codable, Equatable {
        public let name: String
        public let users: Int
        public let metrics: [String: Double]
    }

    public let folder: RunFolder
    public let experiment: Experiment
    public let data: DataRecord
    public let models: [Model]
    public let metrics: [Metric]
    public let `protocol`: EvaluationProtocol

    /// Reads a finished run.
    /// - Throws: ``RunFolderError`` when something is missing; `FileError`.
    public init(_ folder: RunFolder) throws {
        let experiment = try folder.experiment()
        self.folder = folder
        self.experiment = experiment
        guard FileManager.default.fileExists(atPath: folder.dataURL.path) else {
            throw RunFolderError.unfinished(folder.url.path, missing: "data.json")
        }
        data = try JSONFile.read(DataRecord.self, from: folder.dataURL)
        models = try experiment.models.map { entry in
            let fits = try experiment.seeds.map { seed in
                guard let record = try folder.record(entry.name, seed: seed) else {
                    throw RunFolderError.unfinished(folder.url.path, missing: "\(entry.name) with seed \(seed)")
                }
                return record
            }
            return Model(name: entry.name, fits: fits, tuning: try folder.tuning(entry.name))
        }
        metrics = try experiment.evaluate.resolvedMetrics()
        `protocol` = models[0].fits[0].result.protocol  // An experiment has a model and a seed.
    }

    /// The metric by which models are chosen where it was evaluated, else the first.
    var headline: Metric {
        let selected = experiment.evaluate.select
        return metrics.contains(selected) ? selected : metrics[0]  // A plan has a metric.
    }

    /// What stands above a table: data, split, candidates, seeds.
    public var caption: String {
        let seeds = experiment.seeds
        return "\(data.description.name), \(data.split.name), \(`protocol`); "
            + (seeds.count == 1 ? "seed \(seeds[0])" : "mean of seeds \(seeds.map(String.init).joined(separator: ", "))")
            + (data.isSimulated ? "; simulated data" : "")
    }

    /// The comparison of all models, the best of each column emphasised.
    public func table() -> TextTable {
        var table = TextTable(
            caption: caption,
            columns: [("model", .left)] + metrics.map { ("\($0)", .right) }
                + [("fit", .right), ("samples/s", .right), ("peak", .right)])
        for model in models {
            table.append(
                [TextTable.Cell(model.name)]
                    + metrics.map { metric in
                        guard let mean = model.mean(metric) else { return "–" }
                        let spread = model.spread(metric).flatMap { $0 >= 0.00005 ? " ±\(Figures.metric($0))" : nil } ?? ""
                        return TextTable.Cell(Figures.metric(mean) + spread, isEmphasized: isBest(model, metric))
                    } + [
                        TextTable.Cell(Figures.duration(model.seconds)),
                        TextTable.Cell(Figures.short(model.samplesPerSecond)),
                        TextTable.Cell(Figures.bytes(model.peakBytes)),
                    ])
        }
        return table
    }

    func isBest(_ model: Model, _ metric: Metric) -> Bool {
        guard models.count > 1, let mean = model.mean(metric) else { return false }
        return models.allSatisfy { $0.mean(metric).map { $0 <= mean } ?? true }
    }
}

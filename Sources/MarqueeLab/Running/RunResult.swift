internal import Foundation
internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime

/// Everything that came of a finished run; what tables, reports and comparisons are made of.
public struct RunResult: Sendable {
    /// A model with its fits, one a seed, and with k-fold one a fold and seed.
    public struct Model: Sendable {
        public let name: String
        public let fits: [FitRecord]
        public let tuning: TuningRecord?
        /// Which of the experiment's protocols its figures are of.
        let protocolIndex: Int
        /// By metric, one figure a fit.
        private let figures: [Metric: [Double]]

        init(name: String, fits: [FitRecord], tuning: TuningRecord?, protocolIndex: Int = 0) {
            self.name = name
            self.fits = fits
            self.tuning = tuning
            self.protocolIndex = protocolIndex
            var figures: [Metric: [Double]] = [:]
            for fit in fits {
                let result = fit.protocolResults[protocolIndex].result
                for metric in result.metrics { figures[metric, default: []].append(result[metric] ?? .nan) }
            }
            self.figures = figures
        }

        /// Every metric for every user, one result a fit.
        public var results: [EvaluationResult] { fits.map { $0.protocolResults[protocolIndex].result } }

        /// Mean of a metric over fits, nil when it was not evaluated.
        public func mean(_ metric: Metric) -> Double? {
            let values = perSeed(metric)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }

        public func perSeed(_ metric: Metric) -> [Double] { figures[metric] ?? [] }

        /// The sample standard deviation over fits; nil for one.
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
        /// What happened where some fit's loss stayed where it began; nil where none did.
        public var collapse: String? { fits.lazy.compactMap(\.curve.collapse).first }

        /// The slices, their figures averaged over seeds.
        public var slices: [SliceFigures] {
            let slices = fits.map { $0.protocolResults[protocolIndex].slices }
            return (slices.first ?? []).enumerated().map { index, slice in
                var means: [String: Double] = [:]
                for key in slice.means.keys {
                    means[key] = slices.reduce(0) { $0 + ($1[index].means[key] ?? 0) } / Double(slices.count)
                }
                return SliceFigures(name: slice.name, users: slice.users, metrics: means)
            }
        }

        /// How much each behavior counts, mean over seeds; nil for models that do not say.
        public var behaviorWeights: [String: Double]? {
            let weights = fits.compactMap(\.behaviorWeights)
            guard let first = weights.first else { return nil }
            var means: [String: Double] = [:]
            for name in first.keys { means[name] = weights.reduce(0) { $0 + ($1[name] ?? 0) } / Double(weights.count) }
            return means
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
    /// Those that were fitted, at least one, in the experiment's order.
    public let models: [Model]
    /// Those that could not be.
    public let notFitted: [NotFitted]
    /// Which of the experiment's protocols is looked at; the first, unless taken from ``questions``.
    public let protocolIndex: Int
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
        notFitted = try experiment.models.compactMap { try folder.notFitted($0.name) }
        let failed = Set(notFitted.map(\.model))
        let repetitions = experiment.repetitions
        let models = try experiment.models.filter { !failed.contains($0.name) }.map { entry in
            let fits = try repetitions.flatMap { repetition in
                try experiment.seeds(of: entry, in: repetition).map { seed in
                    guard let record = try folder.record(entry.name, seed: seed, fold: repetition.fold) else {
                        throw RunFolderError.unfinished(folder.url.path, missing: "\(entry.name) with seed \(seed)")
                    }
                    return record
                }
            }
            return Model(name: entry.name, fits: fits, tuning: try folder.tuning(entry.name, repetitions[0]))
        }
        if let model = models.first(where: {
            $0.fits.contains { $0.protocolResults.count != experiment.evaluate.count }
        }) {
            throw RunFolderError.unfinished(folder.url.path, missing: "a protocol of \(model.name)")
        }
        if models.isEmpty { throw RunFolderError.nothingFitted(folder.url.path, notFitted) }
        self.models = models
        protocolIndex = 0
        // There is a model, and it has a seed and a protocol.
        metrics = models[0].fits[0].result.metrics
        `protocol` = try models[0].averaged().protocol
    }

    private init(_ result: RunResult, protocolIndex: Int, models: [Model], notFitted: [NotFitted]) {
        self.notFitted = notFitted
        folder = result.folder
        experiment = result.experiment
        data = result.data
        self.protocolIndex = protocolIndex
        self.models = models.map { model in
            model.protocolIndex == protocolIndex
                ? model : Model(name: model.name, fits: model.fits, tuning: model.tuning, protocolIndex: protocolIndex)
        }
        let first = models[0].fits[0].protocolResults[protocolIndex].result
        metrics = first.metrics
        // What results cannot be joined in is told where they are compared.
        `protocol` = (try? self.models[0].averaged().protocol) ?? first.protocol
    }

    /// The run by each of its protocols, in the experiment's order.
    public var protocols: [RunResult] {
        experiment.evaluate.indices.map {
            RunResult(self, protocolIndex: $0, models: models, notFitted: notFitted)
        }
    }

    /// The run with some of its models only.
    /// - Precondition: at least one of them was fitted.
    func restricted(to names: [String]) -> RunResult {
        RunResult(
            self, protocolIndex: protocolIndex, models: models.filter { names.contains($0.name) },
            notFitted: notFitted.filter { names.contains($0.model) })
    }

    /// The experiment's tables, but for those of which no model was fitted; at least one. A table whose baseline was not
    /// fitted has none.
    var tables: [ModelTable] {
        let fitted = Set(models.map(\.name))
        return experiment.resolvedTables.filter { !fitted.isDisjoint(with: $0.models) }.map { table in
            var table = table
            table.against = table.against.flatMap { fitted.contains($0) ? $0 : nil }
            return table
        }
    }

    /// All models as the experiment lists them, fitted or not: the rows of a table.
    var rows: [(name: String, model: Model?)] {
        let byName = Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0) })
        let failed = Set(notFitted.map(\.model))
        return experiment.models.map(\.name).filter { byName[$0] != nil || failed.contains($0) }.map {
            ($0, byName[$0])
        }
    }

    /// What a reader has to know of single rows: who was not fitted, and whose fit came to nothing.
    public var remarks: [String] {
        notFitted.map(\.sentence)
            + models.compactMap { model in model.collapse.map { "\(model.name) collapsed: \($0)" } }
    }

    public var config: ProtocolConfig { experiment.evaluate[protocolIndex] }

    /// The metric by which models are chosen where it was evaluated, else the first.
    var headline: Metric {
        let selected = config.select
        return metrics.contains(selected) ? selected : metrics[0]  // A config has a metric.
    }

    /// What stands above a table: data, split, candidates, seeds.
    public var caption: String {
        let folds = Set(models[0].fits.compactMap(\.fold)).count
        let seeds = models[0].fits.filter { $0.fold ?? 1 == 1 }.map(\.seed)
        return "\(data.description.name), \(data.split.name), \(`protocol`); "
            + (folds > 1 ? "mean of \(folds) folds, " : "")
            + (!hasEqualSeeds
                ? "mean over each model's seeds"
                : seeds.count == 1
                    ? "seed \(seeds[0])" : "mean of seeds \(seeds.map(String.init).joined(separator: ", "))")
            + (data.isSimulated ? "; simulated data" : "")
    }

    /// Whether all models were fitted with the same seeds.
    var hasEqualSeeds: Bool { models.allSatisfy { $0.fits.map(\.seed) == models[0].fits.map(\.seed) } }

    /// The comparison of all models, the best of each column emphasized; of more than eight metrics those
    /// at the headline's cut-off.
    public func table() -> TextTable {
        if isOfImpressions { return clickTable() }
        let metrics = metrics.count > 8 ? metrics.filter { $0.cutoff == headline.cutoff } : metrics
        var table = TextTable(
            caption: caption,
            columns: [("model", .left)] + metrics.map { ("\($0)", .right) }
                + [("fit", .right), ("samples/s", .right), ("peak", .right)])
        for (name, model) in rows {
            guard let model else {
                table.append(
                    [TextTable.Cell(name), "not fitted"]
                        + Array(repeating: "–", count: table.columns.count - 2))
                continue
            }
            table.append(
                [TextTable.Cell(name + (model.collapse == nil ? "" : " (collapsed)"))]
                    + metrics.map { metric in
                        guard let mean = model.mean(metric) else { return "–" }
                        let spread =
                            model.spread(metric).flatMap { $0 >= 0.00005 ? " ±\(Figures.metric($0))" : nil } ?? ""
                        return TextTable.Cell(Figures.metric(mean) + spread, isEmphasized: isBest(model, metric))
                    } + [
                        TextTable.Cell(Figures.duration(model.seconds)),
                        TextTable.Cell(Figures.short(model.samplesPerSecond)),
                        TextTable.Cell(Figures.bytes(model.peakBytes)),
                    ])
        }
        table.notes = remarks
        return table
    }

    func isBest(_ model: Model, _ metric: Metric) -> Bool {
        let merits = models.map { $0.mean(metric).map(metric.merit) }
        guard let best = merits.best else { return false }
        return model.mean(metric).map(metric.merit) == best
    }
}

extension Sequence<Double?> {
    /// The largest of the figures there are; nil where all are alike, as when nobody found anything: none is best then.
    var best: Double? {
        let figures = compactMap { $0 }
        return figures.min() == figures.max() ? nil : figures.max()
    }
}

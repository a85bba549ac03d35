public import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
public import MarqueeRuntime
internal import Synchronization

/// Runs an experiment into a folder: read, prepare, split, then fit and judge every model with every seed.
///
///     let folder = try RunFolder(url, for: experiment, resume: false)
///     let result = try ExperimentRunner(experiment, in: folder).run()
///
/// What is finished stays: a run that was stopped, or killed, and is run again in the same folder goes
/// on from there, an unfinished fit from its last checkpoint, and ends with the same figures.
public struct ExperimentRunner: Sendable {
    public let experiment: Experiment
    public let folder: RunFolder
    /// Where data is looked for first.
    public var data: URL?
    /// The experiment's own file, beside which data may lie.
    public var file: URL?
    public var pool: WorkerPool
    public var progress: any ProgressObserver

    public init(
        _ experiment: Experiment, in folder: RunFolder, data: URL? = nil, file: URL? = nil, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) {
        self.experiment = experiment
        self.folder = folder
        self.data = data
        self.file = file
        self.pool = pool
        self.progress = progress
    }

    /// - Throws: ``Interrupted`` after a stop was asked for, with everything kept that was finished;
    ///   errors of reading, preparation, models, evaluation and files.
    public func run() throws -> RunResult {
        if let refusal = experiment.refusal {
            throw ConfigurationError(file: experiment.name, refusal.reason)
        }
        let log = try RunLog(url: folder.logURL, next: progress)
        if experiment.isOfImpressions {
            let task = try ImpressionTask(experiment, data: data, file: file, progress: log)
            try ImpressionRunner(experiment: experiment, folder: folder, pool: pool, log: log).run(task)
            return try finish()
        }
        let prepared = try PreparedData(experiment, data: data, file: file, pool: pool, progress: log)
        var propensities: ObservationPropensities?
        for (index, repetition) in experiment.repetitions.enumerated() {
            let title = repetition.title(of: experiment)
            let notes: any ProgressObserver = title.isEmpty ? log : LabeledProgress(label: title, next: log)
            let task = try EvaluationTask(
                experiment, repetition, of: prepared, estimated: propensities, pool: pool, progress: notes)
            propensities = task.propensities
            if index == 0 {
                try JSONFile.write(task.record, to: folder.dataURL)
                try prepareFolder()
            }
            // What one repetition could not fit has no row, so the others need not.
            let refused = index == 0 ? try refusals(task, log) : [:]
            for entry in experiment.models where try folder.notFitted(entry.name) == nil {
                let failure =
                    try refused[entry.name]
                    ?? self.failure(of: entry) {
                        try fit(entry, repetition, task, log, keepsModel: index == 0)
                    }
                guard let failure else { continue }
                let notFitted = NotFitted(model: entry.name, reason: failure)
                try folder.write(notFitted)
                log.note(notFitted.sentence)
            }
        }
        return try finish()
    }

    /// Gathers what was found, and writes figures and report.
    private func finish() throws -> RunResult {
        let result = try RunResult(folder)
        try JSONFile.write(RunMetrics(result), to: folder.metricsURL)
        try AtomicFile.write(Data(try ExperimentReport(result).html().utf8), to: folder.reportURL)
        // Nothing is unfinished any more.
        try? FileManager.default.removeItem(at: folder.checkpointsURL)
        return result
    }

    /// Why some models will not be fitted, as far as it is known before anything is, by name; each is told.
    private func refusals(_ task: EvaluationTask, _ log: RunLog) throws -> [String: String] {
        var reasons: [String: String] = [:]
        for entry in experiment.models {
            guard let reason = try refusal(of: entry, task) else { continue }
            reasons[entry.name] = reason
            log.note("\(entry.name) will not be fitted: \(reason)")
        }
        return reasons
    }

    private func refusal(of entry: ModelEntry, _ task: EvaluationTask) throws -> String? {
        if !entry.tune.isEmpty, task.training.validation == nil {
            return "tuning needs validation data; write 'validation: true' into the split"
        }
        for point in try entry.grid() {
            let reason = try point.spec.refusal(users: task.training.userCount, items: task.training.itemCount)
            if let reason { return reason }
        }
        return nil
    }

    /// Why `fit` could not fit a model; nil when it did. What is not the model's fault, such as a full disk or a wish to
    /// stop, is thrown on.
    private func failure(of entry: ModelEntry, _ fit: () throws -> Void) throws -> String? {
        do {
            try fit()
            return nil
        } catch let error as ModelError {
            switch error {
            case .unfit(_, let reason): return reason
            case .badConfig, .badArtifact: return error.description
            case .unknownModel, .badCheckpoint, .knowsNoItems: throw error
            }
        } catch let error as EvaluationError {
            return error.description
        }
    }

    /// Keeps of an older run of this folder what is of the same models.
    private func prepareFolder() throws {
        for entry in experiment.models {
            try folder.prepare(entry, of: experiment)
            folder.forgetFailure(entry.name)
        }
    }

    /// Fits a model with every seed of a repetition.
    private func fit(
        _ entry: ModelEntry, _ repetition: Repetition, _ task: EvaluationTask, _ log: RunLog, keepsModel: Bool
    ) throws {
        let seeds = experiment.seeds(of: entry, in: repetition)
        guard let first = seeds.first else { return }
        let spec = try chosen(for: entry, seed: first, repetition, task, log)
        for seed in seeds {
            try fit(
                entry, spec, seed: seed, repetition, task, log, keepsModel: keepsModel && seed == first)
        }
    }

    /// The configuration of a model: the one given, or the one that tuning finds best.
    private func chosen(
        for entry: ModelEntry, seed: UInt64, _ repetition: Repetition, _ task: EvaluationTask, _ log: RunLog
    ) throws -> ModelSpec {
        let grid = try entry.grid()
        // Without validation data it is refused before.
        guard !entry.tune.isEmpty, let validation = task.training.validation else { return entry.spec }
        var record = try folder.tuning(entry.name, repetition) ?? TuningRecord(trials: [])
        for point in grid.dropFirst(record.trials.count) {
            let label = Self.label([entry.name, repetition.title(of: experiment), point.setting])
            let fitting = Fitting(
                spec: point.spec, seed: seed,
                checkpoint: folder.checkpointURL("\(entry.name).\(repetition.prefix)\(record.trials.count).tune"),
                label: label)
            try folder.makeFolder(folder.checkpointsURL)
            let outcome = try fitting.run(on: task.training, pool: pool, log: log)
            let figure = try Self.figure(of: outcome.model, on: validation, pool: pool)
            log.note(
                "\(label): \(validation.metric) on validation \(Figures.metric(figure)), \(Figures.duration(outcome.seconds))"
            )
            record.trials.append(.init(setting: point.setting, validation: figure, seconds: outcome.seconds))
            try folder.write(record, entry.name, repetition)
        }
        guard let best = record.best(by: validation.metric),
            let point = grid.first(where: { $0.setting == best.setting })
        else {
            return entry.spec
        }
        log.note(
            "\(Self.label([entry.name, repetition.title(of: experiment)])): \(best.setting) is best on validation data")
        return point.spec
    }

    private func fit(
        _ entry: ModelEntry, _ spec: ModelSpec, seed: UInt64, _ repetition: Repetition, _ task: EvaluationTask,
        _ log: RunLog, keepsModel isFirst: Bool
    ) throws {
        let seeds = experiment.seeds(of: entry, in: repetition)
        let label = Self.label([
            entry.name, repetition.title(of: experiment), seeds.count == 1 ? "" : "seed \(seed)",
        ])
        if let record = try folder.record(entry.name, seed: seed, fold: repetition.fold) {
            guard record.protocolResults.map(\.result.protocol) == task.protocols.map(\.asked) else {
                throw RunFolderError.changedData(folder.url.path)
            }
            log.note("\(label): kept from before, \(Self.headline(record.result))")
            return
        }
        try Interruption.check()
        try folder.makeFolder(folder.checkpointsURL)
        let fitName = "\(entry.name).\(repetition.fold.map { "fold-\($0)." } ?? "")seed-\(seed)"
        let checkpoint = folder.checkpointURL(fitName)
        let refits = entry.refit ?? experiment.refit
        // Validation has nothing to say to a model without epochs: it is fitted once, on everything.
        let isWhole = try refits && spec.epochs == nil
        var (trained, refitEpochs) = isWhole ? (task.whole, 0) : (task.training, Int?.none)
        var outcome = try Fitting(spec: spec, seed: seed, checkpoint: checkpoint, label: label)
            .run(on: trained, pool: pool, log: log)
        let validation = outcome.curve.compactMap(\.validation).max()
        let fitted = try outcome.model.spec()
        if refits, !isWhole {
            let (refitSpec, epochs) = try spec.refitting(after: outcome.curve)
            log.note("\(label): again on training and validation data" + (epochs > 0 ? ", \(epochs) epochs" : ""))
            let refit = try Fitting(
                spec: refitSpec, seed: seed, checkpoint: folder.checkpointURL("\(fitName).refit"),
                label: "\(label), again"
            ).run(on: task.whole, pool: pool, log: log)
            (trained, refitEpochs) = (task.whole, epochs)
            outcome.model = refit.model
            outcome.seconds += refit.seconds
            outcome.trainingSeconds += refit.trainingSeconds
            outcome.samples += refit.samples
            outcome.peakBytes = max(outcome.peakBytes, refit.peakBytes)
        }
        // Who is spared the refit still answers from all that is known by then, as the others do.
        let scorer = try task.scorer(outcome.model, knowingValidation: experiment.refit && !refits)
        let clock = ContinuousClock()
        var protocolResults: [FitRecord.ProtocolResult] = []
        let evaluation = try clock.measure {
            for prepared in task.protocols {
                protocolResults.append(
                    try prepared.evaluate(
                        outcome.model, as: scorer, pool: pool, progress: LabeledProgress(label: label, next: log)))
            }
        }
        let result = protocolResults[0].result  // An experiment has a protocol.
        let weights = (outcome.model as? any BehaviorExplaining).map(\.behaviorWeights) ?? []
        let record = FitRecord(
            model: entry.name, spec: fitted, seed: seed, fold: repetition.fold, curve: outcome.curve,
            refitEpochs: refitEpochs, seconds: outcome.seconds,
            samplesPerSecond: Double(outcome.samples) / max(outcome.trainingSeconds, 1e-9),
            peakBytes: outcome.peakBytes, evaluationSeconds: evaluation.seconds, validation: validation,
            protocolResults: protocolResults,
            beyond: isFirst ? try task.beyond(outcome.model, pool: pool) : nil,
            behaviorWeights: weights.isEmpty
                ? nil : Dictionary(zip(trained.behaviorNames, weights.map(Double.init))) { first, _ in first })
        if isFirst {
            let training = TrainingRecord(
                data: task.dataset.name, protocolName: "\(task.split.name); \(result.protocol)", seed: seed,
                seconds: outcome.seconds, curve: outcome.curve, metrics: result.means)
            try SavedModel(model: outcome.model, data: trained, training: training).write(
                to: folder.modelURL(entry.name))
        }
        // Last, for it is what says that the fit is finished.
        try folder.write(record)
        log.note(
            "\(label): fitted in \(Figures.duration(outcome.seconds))\(outcome.remark), judged in \(Figures.duration(evaluation.seconds)), "
                + Self.headline(result))
        if let collapse = outcome.curve.collapse { log.note("\(label) collapsed: \(collapse)") }
    }

    private static func label(_ parts: [String]) -> String {
        parts.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Of a model that is asked as the validation data asks.
    private static func figure(of model: any Recommender, on validation: Validation, pool: WorkerPool) throws -> Double
    {
        guard validation.histories != nil, let scorer = model.historyScorer else {
            return try validation.evaluate(model, pool: pool)
        }
        return try validation.evaluate(scorer, pool: pool)
    }

    private static func headline(_ result: EvaluationResult) -> String {
        result.metrics.prefix(4).map { "\($0) \(Figures.metric(result[$0] ?? 0))" }.joined(separator: ", ")
    }
}

extension ModelSpec {
    /// This model for training without validation data, after a fit that had them: for as many epochs as
    /// were best then. Models without epochs stay as they are, and 0 is told.
    fileprivate func refitting(after curve: [EpochRecord]) throws -> (spec: ModelSpec, epochs: Int) {
        let best = curve.filter { $0.validation != nil }.max { ($0.validation ?? 0) < ($1.validation ?? 0) }
        guard try self.epochs != nil, let epochs = (best ?? curve.last)?.epoch else { return (self, 0) }
        return (try training(epochs: epochs), epochs)
    }
}

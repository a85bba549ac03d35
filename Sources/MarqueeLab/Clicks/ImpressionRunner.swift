internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime

/// Runs an experiment on impressions: every model with every seed, fitted to the earlier ones, kept at its best epoch and
/// calibrated by those after them, judged on the last.
struct ImpressionRunner {
    let experiment: Experiment
    let folder: RunFolder
    let pool: WorkerPool
    let log: RunLog

    /// What is finished stays; see ``ExperimentRunner``.
    func run(_ task: ImpressionTask) throws {
        try JSONFile.write(task.record, to: folder.dataURL)
        for entry in experiment.models {
            try folder.prepare(entry, of: experiment)
            folder.forgetFailure(entry.name)
            do {
                for seed in experiment.seeds(of: entry) { try fit(entry, seed: seed, task) }
            } catch let error as ModelError {
                guard case .unfit(_, let reason) = error else { throw error }
                let notFitted = NotFitted(model: entry.name, reason: reason)
                try folder.write(notFitted)
                log.note(notFitted.sentence)
            }
        }
    }

    private func fit(_ entry: ModelEntry, seed: UInt64, _ task: ImpressionTask) throws {
        let seeds = experiment.seeds(of: entry)
        let label = seeds.count == 1 ? entry.name : "\(entry.name), seed \(seed)"
        let asked = EvaluationProtocol(shown: task.split.test)
        if let record = try folder.record(entry.name, seed: seed) {
            guard record.result.protocol == asked else { throw RunFolderError.changedData(folder.url.path) }
            log.note("\(label): kept from before")
            return
        }
        try Interruption.check()
        try folder.makeFolder(folder.checkpointsURL)
        let outcome = try Fitting(
            spec: entry.spec, seed: seed, checkpoint: folder.checkpointURL("\(entry.name).seed-\(seed)"), label: label
        ).run(on: task.training, pool: pool, log: log)
        var clicks: ClickResult?
        let evaluation = try ContinuousClock().measure { clicks = try task.judge(outcome.model, pool: pool) }
        guard let clicks else { return }
        let result = EvaluationResult(clicks, of: task.split.test)
        let record = FitRecord(
            model: entry.name, spec: try outcome.model.spec(), seed: seed, fold: nil, curve: outcome.curve,
            refitEpochs: nil, seconds: outcome.seconds,
            samplesPerSecond: Double(outcome.samples) / max(outcome.trainingSeconds, 1e-9),
            peakBytes: outcome.peakBytes, evaluationSeconds: evaluation.seconds,
            validation: outcome.curve.compactMap(\.validation).max(),
            protocolResults: [.init(result: result, slices: [], clicks: clicks)], beyond: nil, behaviorWeights: nil)
        if seed == seeds.first {
            let training = TrainingRecord(
                data: task.data.name, protocolName: "\(task.record.split.name); \(asked)", seed: seed,
                seconds: outcome.seconds, curve: outcome.curve, metrics: result.means)
            try SavedModel(model: outcome.model, data: task.training, training: training).write(
                to: folder.modelURL(entry.name))
        }
        try folder.write(record)
        let figures = clicks.figures.map { "\($0.name) \(Figures.metric($0.value))" }
        log.note(
            "\(label): fitted in \(Figures.duration(outcome.seconds))\(outcome.remark), judged in \(Figures.duration(evaluation.seconds)), \(figures.joined(separator: ", "))"
        )
        if let collapse = outcome.curve.collapse { log.note("\(label) collapsed: \(collapse)") }
    }
}

extension ClickResult {
    /// The figures over all that was shown, by the names of tables; those that a model's scores do not have are left out.
    var figures: [(name: String, value: Double)] {
        [
            ("AUC overall", auc), ("gAUC", gauc), ("log loss", logLoss), ("ECE", calibration?.expectedError),
            ("AUC of dwell", dwellAUC), ("AUC of liked", likedAUC),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    /// Whether less is better.
    static func isLoss(_ figure: String) -> Bool { figure == "log loss" || figure == "ECE" }
}

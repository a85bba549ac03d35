internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime

/// Impressions made ready: what models learn from, and what they are asked.
struct ImpressionTask: Sendable {
    let data: ImpressionData
    let split: ImpressionSplit
    let training: TrainingSet
    let evaluator: ClickEvaluator
    let record: DataRecord

    /// Reads and splits by time, telling what was found.
    init(_ experiment: Experiment, data place: URL?, file: URL?, progress: any ProgressObserver) throws {
        guard case .globalTime(let times) = experiment.split else {
            throw ConfigurationError(file: "split", Experiment.impressionsNeedTime)
        }
        let url = try experiment.data.locate(in: place, besides: file)
        progress.note("reading \(url.path)")
        var (data, report) = try ImpressionReader.readReporting(url)
        for line in "\(report)".split(separator: "\n") { progress.note(String(line)) }
        if let quantiles = DwellQuantiles(data.log), let note = Self.dwellNote(data.log, quantiles) {
            report.notes.append(note)
            progress.note(note.text)
        }
        // Every impression may know the clicks before it, whatever part they are of.
        data.log = data.log.rememberingClicks()
        let split = try ImpressionSplit(
            data.log, validationFrom: times.validationFrom, testFrom: times.testFrom)
        let splitReport = SplitReport(split)
        progress.note("split: \(splitReport)")
        self.data = data
        self.split = split
        training = TrainingSet(split.train, validation: split.validation, catalog: data.catalog)
        let config = experiment.evaluate[0]
        evaluator = try ClickEvaluator(split.test, metrics: try config.resolvedMetrics())
        record = DataRecord(
            read: report, steps: [], split: splitReport,
            description: DatasetDescription(Dataset(name: data.name, log: data.log.clicks(), catalog: data.catalog)),
            isSimulated: false)
        progress.note("protocol: what was shown, \(split.test.count.grouped) impressions to test")
    }

    /// How well what was said of items is told by how long they were looked at, where their length is known; nil where
    /// nothing was said or no length is known.
    private static func dwellNote(_ log: ImpressionLog, _ quantiles: DwellQuantiles) -> DataNote? {
        guard !log.liked.isEmpty, !log.lengths.isEmpty else { return nil }
        let rows = log.liked.indices.filter { log.liked[$0] >= 0 && log.dwell[$0] >= 0 && log.lengths[$0] > 0 }
        func auc(_ told: (Int) -> Float) -> String? {
            RankedGains.auc(rows.map(told), isPositive: rows.map { log.liked[$0] == 1 }).map { Figures.metric($0) }
        }
        guard let seconds = auc({ Float(log.dwell[$0]) }),
            let share = auc({ Float(log.dwell[$0]) / Float(log.lengths[$0]) }),
            let quantile = auc({ quantiles.quantile(log.dwell[$0], length: log.lengths[$0]) })
        else { return nil }
        return DataNote(
            .counts,
            "of \(rows.count.grouped) rows of known length, liked is told from disliked with AUC \(seconds) by dwell in seconds, \(share) by its share of the length, \(quantile) by its quantile in the length's decile"
        )
    }

    /// What a model makes of the test's impressions.
    func judge(_ model: any Recommender, pool: WorkerPool) throws -> ClickResult {
        guard let scorer = model.historyScorer else {
            throw ModelError.unfit(
                model: type(of: model).kind,
                reason: "it knows only users of its fit, and impressions are asked by history")
        }
        guard var observer = scorer as? any ImpressionObserving else {
            return try evaluator.evaluate(scorer, pool: pool)
        }
        if let validation = split.validation { observer = observer.observing(validation) }
        return try evaluator.evaluate(observer.observing(split.test), pool: pool)
    }
}

extension Experiment {
    static let impressionsNeedTime =
        "what was shown is split by time; write 'split: { global-time: { validation-from: 0.6, test-from: 0.8 } }'"

    /// Whether models are asked to tell among what was shown what was clicked.
    var isOfImpressions: Bool { evaluate.contains { $0.candidates == .shown } }

    /// What keeps an experiment on impressions from being run, by key; nil where nothing does.
    var impressionsRefusal: (key: String, reason: String)? {
        guard isOfImpressions else { return nil }
        guard case .globalTime = split else { return ("split", Self.impressionsNeedTime) }
        if evaluate.count > 1 { return ("evaluate", "impressions are asked in one protocol; leave the others out") }
        if !prepare.isEmpty { return ("prepare", "these steps are of interactions; leave 'prepare' out") }
        if data.path == nil { return ("data", "impressions are read from one place; write 'data: { path: … }'") }
        if resplit { return ("resplit", "a split by time is the same for every seed; leave 'resplit' out") }
        if models.contains(where: { !$0.tune.isEmpty }) {
            return (
                "models", "models of impressions are not tuned; list each setting as a model with a name of its own"
            )
        }
        return nil
    }
}

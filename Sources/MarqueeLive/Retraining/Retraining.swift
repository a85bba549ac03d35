public import MarqueeData
public import MarqueeEvaluation
public import MarqueeModels
internal import MarqueeRuntime

/// A model that is to replace the one at work, where it is no worse on what happened last.
///
///     let retraining = Retraining(try ModelSpec("ease"), on: dataset)
///     let trial = try retraining.trial(against: atWork)
///     if trial.isNoWorse { try retraining.fitted().write(to: folder) }
///
/// On trial the newest part of the data is held out: what happened after the model at work was trained, and after nine
/// tenths of all had happened. A model fitted to the rest is asked for it beside the one at work, which is given what
/// people did since its training as their history, where it answers from one. Both are asked the same: all items that
/// somebody has not touched. What the one at work does not know, it puts last.
public struct Retraining: Sendable {
    public let spec: ModelSpec
    public let dataset: Dataset
    /// By which the two are compared.
    public let metric: Metric
    private let context: FitContext

    /// The share of the data that the model on trial is fitted to at least.
    private static let share = 0.9

    public init(
        _ spec: ModelSpec, on dataset: Dataset, by metric: Metric = Metric(.ndcg, at: 10),
        in context: FitContext = FitContext()
    ) {
        self.spec = spec
        self.dataset = dataset
        self.metric = metric
        self.context = context
    }

    /// What a trial found.
    public struct Trial: Sendable, Codable, Equatable {
        public var metric: Metric
        /// Of a model that was fitted to what happened before.
        public var candidate: Double
        /// Of the model at work.
        public var atWork: Double
        public var users, targets: Int
        /// Since when the held-out interactions happened, in milliseconds since 1970.
        public var since: Int64

        public var isNoWorse: Bool { metric.merit(candidate) >= metric.merit(atWork) }
    }

    /// Fits a model to what happened before the newest part, and asks both for that.
    /// - Throws: ``RetrainingError/nothingNew(since:)``; `SplitError` of data without times, `ModelError`, ``Interrupted``.
    public func trial(against atWork: SavedModel) throws -> Trial {
        let times = dataset.log.targets.timestamps.sorted()
        let trained = atWork.histories.times.max()
        let late = times.isEmpty ? Int64.min : times[min(times.count - 1, Int(Self.share * Double(times.count)))]
        let since = max(late, trained.map { $0 + 1 } ?? .min)
        let split = try Splitter.globalTime(GlobalTimeSplit(testFrom: .time(since))).split(dataset, seed: context.seed)
            .split
        let model = ModelAtWork(atWork, of: split.train)
        // What the one at work learned otherwise, as from the data that it was first trained on, is no question to it.
        let consumed = model.consumed
        let holdout = split.test.compactMap { consumed.contains($0, $1) ? nil : ($0, $1) }
        guard !holdout.users.isEmpty else { throw RetrainingError.nothingNew(since: since) }
        let evaluator = try Evaluator(
            holdout: holdout, candidates: .full,
            seen: InteractionMatrix(split.train.targets).joined(consumed), metrics: [metric],
            masking: "what was touched before")
        let candidate = try spec.fit(to: TrainingSet(split.train, of: dataset), in: context)
        func figure(_ scorer: some Scorer) throws -> Double {
            try evaluator.evaluate(scorer, pool: context.pool, progress: context.progress)[metric] ?? .nan
        }
        return Trial(
            metric: metric, candidate: try figure(candidate), atWork: try figure(model), users: holdout.users.count,
            targets: holdout.items.count, since: since)
    }

    /// The model, fitted to everything and ready to be served.
    public func fitted() throws -> SavedModel {
        let data = TrainingSet(dataset.log, of: dataset)
        let model = try spec.fit(to: data, in: context)
        return SavedModel(
            model: model, data: data,
            training: TrainingRecord(data: dataset.name, protocolName: "everything", seed: context.seed))
    }
}

/// There is nothing to compare two models on.
public enum RetrainingError: Error, Equatable, CustomStringConvertible {
    case nothingNew(since: Int64)

    public var description: String {
        switch self {
        case .nothingNew(let since):
            "nothing has happened since \(CivilDate(milliseconds: since)) that the model at work has not learned from, "
                + "so that there is nothing to compare on; come again later"
        }
    }
}

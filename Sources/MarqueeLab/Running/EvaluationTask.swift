public import Foundation
public import MarqueeData
public import MarqueeEvaluation
public import MarqueeModels
public import MarqueeRuntime

/// Data made ready: what models learn from and how they are asked, the same for every model of an experiment.
public struct EvaluationTask: Sendable {
    /// After preparation.
    public let dataset: Dataset
    public let split: Split
    /// Training data, with the validation data to choose by.
    public let training: TrainingSet
    /// How models are asked: one a protocol of the experiment.
    public let protocols: [PreparedProtocol]
    public let record: DataRecord

    /// One protocol on the test data.
    public struct PreparedProtocol: Sendable {
        public let title: String
        public let evaluator: Evaluator
        public let slices: [Slice]
    }

    /// Judges by the first protocol.
    public var evaluator: Evaluator { protocols[0].evaluator }  // An experiment has a protocol.
    /// Those of the first protocol.
    public var slices: [Slice] { protocols[0].slices }
    /// What the test users did, where they are not among the users learned from.
    private let histories: UserHistories?
    private let lists: Int

    /// Reads, prepares and splits, telling of each step what it left.
    public init(
        _ experiment: Experiment, data: URL? = nil, file: URL? = nil, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws {
        let source = experiment.data
        var (dataset, read) = try Self.read(source, data: data, file: file, pool: pool, progress: progress)
        let (prepared, steps) = try Self.prepare(dataset, experiment, progress: progress)
        dataset = prepared
        let (split, splitReport) = try experiment.split.split(dataset, seed: source.seed)
        progress.note("split: \(splitReport)")
        try Interruption.check()
        if read != nil { read?.isFromCache = false }  // How fast it was read says nothing of the data.
        record = DataRecord(
            read: read, steps: steps, split: splitReport, description: DatasetDescription(dataset),
            isSimulated: source.simulate != nil)
        let config = experiment.evaluate[0]
        let seen = Self.seen(split)
        // Users, and how popular items are, by all that is known when the test users are asked for.
        let known = split.given.map { split.train.appending($0.test) } ?? split.train
        protocols = try experiment.evaluate.map { config in
            PreparedProtocol(
                title: config.title,
                evaluator: try Evaluator(
                    holdout: split.test,
                    candidates: try Self.candidates(config.candidates, for: split.test, of: split, seed: source.seed),
                    seen: seen,
                    metrics: try config.resolvedMetrics(), masking: Self.masking(split), auxiliary: split.auxiliary),
                slices: Self.slices(config, known, split))
        }
        let candidates = try split.validation.map {
            try Self.candidates(config.candidates, for: $0, of: split, seed: source.seed, validates: true)
        }
        training = TrainingSet(split, of: dataset, candidates: candidates ?? .full, by: config.select)
        histories = (split.given?.test).map { UserHistories($0) }
        lists = config.lists
        self.dataset = dataset
        self.split = split
        for part in protocols { progress.note("protocol: \(part.evaluator.protocol)") }
    }

    /// What is masked: what is learned from, and with validation data that too; of users who are held out, what is
    /// given of them.
    private static func seen(_ split: Split) -> InteractionMatrix {
        if let given = split.given { return InteractionMatrix(given.test.targets) }
        let train = InteractionMatrix(split.train.targets)
        return split.validation.map {
            train.joined(InteractionMatrix($0, rowCount: train.rowCount, columnCount: train.columnCount))
        } ?? train
    }

    private static func slices(_ config: ProtocolConfig, _ log: InteractionLog, _ split: Split) -> [Slice] {
        let name = log.behaviorNames.count > 1 ? log.targetName : "interaction"
        let known = InteractionMatrix(log.targets)
        return config.slices.flatMap { slicing in
            switch slicing {
            case .userActivity: Slice.userActivity(known, of: split.test)
            case .itemPopularity: Slice.targetPopularity(known)
            case .auxiliary: Slice.auxiliary(log, dropped: split.dropped)
            case .userInteractions(let edges): Slice.userInteractions(log, of: split.test, edges: edges)
            case .coldStart(let limit): Slice.coldStart(below: limit, known, called: name)
            case .coldStartBands(let edges): Slice.coldStart(edges: edges, known, of: split.test, called: name)
            }
        }
    }

    /// A model as the test data asks it.
    /// - Throws: ``EvaluationError/knowsOnlyItsUsers`` where it cannot be asked so.
    func scorer(_ model: any Recommender) throws -> any Scorer { try model.scorer(asked: histories) }

    /// Training and validation data together, for the last fit before the test.
    public var whole: TrainingSet {
        guard let validation = split.validation else { return training }
        if split.given != nil {
            // Validation users with all that they did.
            let rows = Set(split.test.users)
            let log = dataset.log.selecting((0..<dataset.log.count).filter { !rows.contains(dataset.log.users[$0]) })
            return TrainingSet(log: log.droppingIdleUsers(), catalog: dataset.catalog)
        }
        let log = split.train
        let held = InteractionMatrix(validation, rowCount: log.userCount, columnCount: log.itemCount)
        let rows = (0..<dataset.log.count).filter {
            dataset.log.behavior(of: $0) == log.target && held.contains(dataset.log.users[$0], dataset.log.items[$0])
        }
        return TrainingSet(
            log: log.appending(dataset.log.selecting(rows)), catalog: dataset.catalog, ties: dataset.socialEdges)
    }

    /// What a model's lists are worth beside being right; nil when the plan leaves it out.
    func beyond(_ model: any Recommender, pool: WorkerPool) throws -> BeyondAccuracy? {
        guard lists > 0 else { return nil }
        let users = split.test.users
        let step = max(1, (users.count + ProtocolConfig.listUsers - 1) / ProtocolConfig.listUsers)
        let asked = stride(from: 0, to: users.count, by: step).map { users[$0] }
        let top = try scorer(model).topK(lists, for: asked, excluding: evaluator.seen, pool: pool)
        let hasGenres = dataset.catalog.items.contains { !$0.genres.isEmpty }
        return BeyondAccuracy(
            of: top, k: lists, train: training.interactions, distance: hasGenres ? .genres(of: dataset.catalog) : nil)
    }

    private static func read(
        _ source: DataSource, data: URL?, file: URL?, pool: WorkerPool, progress: any ProgressObserver
    ) throws -> (Dataset, ReadReport?) {
        if let config = source.simulate {
            progress.note(
                "simulating a media world: \(config.users.grouped) users, \(config.items.grouped) items, seed \(config.seed)"
            )
            return (MediaWorld(config).dataset(on: pool), nil)
        }
        let url = try source.locate(in: data, besides: file)
        progress.note("reading \(url.path)")
        var (dataset, report) = try DatasetReader.readReporting(url, mapping: source.columns, pool: pool)
        if let target = source.target {
            do {
                dataset = try dataset.targeting(target)
            } catch let error as UnknownBehavior {
                throw ConfigurationError(file: "data.target", "\(error)")
            }
            report.notes.append("to predict, as asked: \(target)")
        }
        for line in "\(report)".split(separator: "\n") { progress.note(String(line)) }
        return (dataset, report)
    }

    /// What is masked: with several behaviors the target's interactions alone.
    private static func masking(_ split: Split) -> String {
        let parts =
            split.given != nil ? "given histories" : split.validation == nil ? "train" : "train and validation"
        return split.auxiliary == nil ? parts : "\(split.train.targetName) interactions of \(parts)"
    }

    private static func prepare(
        _ dataset: Dataset, _ experiment: Experiment, progress: any ProgressObserver
    ) throws -> (Dataset, [StepReport]) {
        var (current, reports) = (dataset, [StepReport]())
        for step in experiment.prepare {
            let (next, report) = try step.apply(to: current, seed: experiment.data.seed)
            progress.note("\(report)")
            reports.append(report)
            current = next
            try Interruption.check()
        }
        return (current, reports)
    }

    private static func candidates(
        _ candidates: ProtocolConfig.Candidates, for holdout: Holdout, of split: Split, seed: UInt64,
        validates: Bool = false
    ) throws -> CandidateProtocol {
        switch candidates {
        case .full: return .full
        case .sampled(let count): return .sampled(.uniform(count, for: holdout, of: split, seed: seed))
        case .given:
            guard let negatives = split.testNegatives else {
                throw ConfigurationError(
                    file: "evaluate",
                    "no negatives came with the data; write 'candidates: { sampled: 99 }' or 'full'")
            }
            // The files' negatives are for the test; as many are drawn to validate.
            let count = negatives.rows.lazy.map(\.count).max() ?? 99
            return .sampled(validates ? .uniform(count, for: holdout, of: split, seed: seed) : negatives)
        }
    }
}

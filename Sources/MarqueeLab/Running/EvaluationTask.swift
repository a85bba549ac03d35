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
        /// What models are asked instead where slates are judged.
        let moments: MomentEvaluator?

        var asked: EvaluationProtocol { moments?.protocol ?? evaluator.protocol }

        /// Judges a model: `scorer` is the model as the test data asks it.
        func evaluate(
            _ model: any Recommender, as scorer: any Scorer, pool: WorkerPool, progress: any ProgressObserver
        ) throws -> FitRecord.ProtocolResult {
            if let moments { return try moments.evaluate(model, pool: pool, progress: progress) }
            let result = try evaluator.evaluate(scorer, pool: pool, progress: progress)
            return .init(result: result, slices: try result.sliced(by: slices, of: evaluator.holdout))
        }
    }

    /// Judges by the first protocol.
    public var evaluator: Evaluator { protocols[0].evaluator }  // An experiment has a protocol.
    /// Those of the first protocol.
    public var slices: [Slice] { protocols[0].slices }
    /// How likely each pair was to be observed, where a model weights by it.
    let propensities: ObservationPropensities?
    /// What the test users did, where they are not among the users learned from.
    private let histories: UserHistories?
    private let lists: Int

    /// Reads, prepares and splits for the first of the experiment's repetitions, telling of each step what it left.
    public init(
        _ experiment: Experiment, data: URL? = nil, file: URL? = nil, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws {
        try self.init(
            experiment, experiment.repetitions[0],  // There is at least one.
            of: PreparedData(experiment, data: data, file: file, pool: pool, progress: progress), pool: pool,
            progress: progress)
    }

    /// Splits what was prepared.
    /// - Parameter estimated: propensities that were estimated before; they are taken where they are of this data.
    init(
        _ experiment: Experiment, _ repetition: Repetition, of prepared: PreparedData,
        estimated: ObservationPropensities? = nil, pool: WorkerPool, progress: any ProgressObserver
    ) throws {
        let (dataset, seed) = (prepared.dataset, repetition.seed)
        let media = prepared.media
        let (split, splitReport) = try media?.split(of: dataset) ?? repetition.split.split(dataset, seed: seed)
        progress.note("split: \(splitReport)")
        try Interruption.check()
        record = DataRecord(
            read: prepared.read, steps: prepared.steps, split: splitReport,
            description: DatasetDescription(dataset), isSimulated: experiment.data.simulate != nil || media != nil,
            world: try media.map { try MediaLogSummary($0, on: pool) })
        let config = experiment.evaluate[0]
        let seen = split.seen
        // Users, and how popular items are, by all that is known when the test users are asked for.
        let known = split.given.map { split.train.appending($0.test) } ?? split.train
        let domains = ItemDomains(dataset.catalog)
        protocols = try experiment.evaluate.map { config in
            let evaluator = try Self.evaluator(config, testing: split, of: dataset, domains, seen: seen, seed: seed)
            return PreparedProtocol(
                title: config.title, evaluator: evaluator,
                slices: Self.slices(config, known, evaluator.holdout, split, domains),
                moments: media.map(MomentEvaluator.init))
        }
        let validation = try split.validation.map {
            try Self.asked(config, $0, of: split, dataset, domains, seed: seed, validates: true)
        }
        var training = TrainingSet(
            split, of: dataset, validation: validation?.holdout, candidates: validation?.candidates ?? .full,
            by: config.select, budget: experiment.validation, seed: seed)
        if try experiment.models.contains(where: { try $0.grid().contains { try $0.spec.usesPropensities } }) {
            // Of all that may be learned from, so that validation data weigh as training data do.
            let whole = Self.whole(of: dataset, split) ?? training
            training.propensities =
                try estimated.flatMap { $0.areOf(whole) ? $0 : nil }
                ?? ObservationPropensities(of: whole, in: FitContext(pool: pool, progress: progress))
        }
        self.training = training
        propensities = training.propensities
        histories = (split.given?.test).map { UserHistories($0) }
        lists = config.lists
        self.dataset = dataset
        self.split = split
        for part in protocols { progress.note("protocol: \(part.asked)") }
        if let asked = training.validation { progress.note("validation: \(asked)") }
    }

    /// Asks for the test part of a split, as an experiment does.
    public static func evaluator(
        _ config: ProtocolConfig, testing split: Split, of dataset: Dataset, seed: UInt64
    ) throws -> Evaluator {
        try evaluator(
            config, testing: split, of: dataset, ItemDomains(dataset.catalog), seen: split.seen, seed: seed)
    }

    private static func evaluator(
        _ config: ProtocolConfig, testing split: Split, of dataset: Dataset, _ domains: ItemDomains,
        seen: InteractionMatrix, seed: UInt64
    ) throws -> Evaluator {
        let (holdout, candidates) = try asked(config, split.test, of: split, dataset, domains, seed: seed)
        return try Evaluator(
            holdout: holdout, candidates: candidates, seen: seen,
            metrics: config.candidates == .offered ? [config.select] : try config.resolvedMetrics(),
            masking: split.masking, auxiliary: split.auxiliary)
    }

    private static func slices(
        _ config: ProtocolConfig, _ log: InteractionLog, _ holdout: Holdout, _ split: Split, _ domains: ItemDomains
    ) -> [Slice] {
        let name = log.behaviorNames.count > 1 ? log.targetName : "interaction"
        let known = InteractionMatrix(log.targets)
        return config.slices.flatMap { slicing in
            switch slicing {
            case .userActivity: Slice.userActivity(known, of: holdout)
            case .itemPopularity: Slice.targetPopularity(known)
            case .auxiliary: Slice.auxiliary(log, dropped: split.dropped)
            case .userInteractions(let edges): Slice.userInteractions(log, of: holdout, edges: edges)
            case .coldStart(let limit): Slice.coldStart(below: limit, known, called: name)
            case .coldStartBands(let edges): Slice.coldStart(edges: edges, known, of: holdout, called: name)
            case .domain: Slice.targetDomain(domains)
            case .domainInteractions(let edges): Slice.domainInteractions(edges: edges, known, domains)
            }
        }
    }

    /// A model as the test data asks it.
    /// - Throws: ``EvaluationError/knowsOnlyItsUsers`` where it cannot be asked so.
    /// - Parameter knowingValidation: whether one that was not fitted to the validation data, and answers from a history,
    ///   is asked with them in it.
    func scorer(_ model: any Recommender, knowingValidation: Bool = false) throws -> any Scorer {
        guard knowingValidation, histories == nil, split.validation != nil, model.historyScorer != nil else {
            return try model.scorer(asked: histories)
        }
        return try model.scorer(asked: UserHistories(whole.log))
    }

    /// Training and validation data together, for the last fit before the test.
    public var whole: TrainingSet {
        var whole = Self.whole(of: dataset, split) ?? training
        whole.propensities = propensities
        return whole
    }

    /// Nil where there is no validation data.
    private static func whole(of dataset: Dataset, _ split: Split) -> TrainingSet? {
        guard let validation = split.validation else { return nil }
        if split.given != nil {
            // Validation users with all that they did.
            let rows = Set(split.test.users)
            let log = dataset.log.selecting((0..<dataset.log.count).filter { !rows.contains(dataset.log.users[$0]) })
            return TrainingSet(onlyActiveUsersOf: log, of: dataset)
        }
        let log = split.train
        let held = InteractionMatrix(validation, rowCount: log.userCount, columnCount: log.itemCount)
        let rows = (0..<dataset.log.count).filter {
            dataset.log.behavior(of: $0) == log.target && held.contains(dataset.log.users[$0], dataset.log.items[$0])
        }
        return TrainingSet(log.appending(dataset.log.selecting(rows)), of: dataset)
    }

    /// What a model's lists are worth beside being right; nil when the plan leaves it out.
    func beyond(_ model: any Recommender, pool: WorkerPool) throws -> BeyondAccuracy? {
        guard lists > 0, protocols[0].moments == nil else { return nil }
        let users = split.test.users
        let step = max(1, (users.count + ProtocolConfig.listUsers - 1) / ProtocolConfig.listUsers)
        let asked = stride(from: 0, to: users.count, by: step).map { users[$0] }
        let top = try scorer(model).topK(lists, for: asked, excluding: evaluator.seen, pool: pool)
        let hasGenres = dataset.catalog.items.contains { !$0.genres.isEmpty }
        return BeyondAccuracy(
            of: top, k: lists, train: training.interactions, distance: hasGenres ? .genres(of: dataset.catalog) : nil)
    }

    /// The part of a holdout that a protocol asks for, and what it is ranked against.
    private static func asked(
        _ config: ProtocolConfig, _ holdout: Holdout, of split: Split, _ dataset: Dataset, _ domains: ItemDomains,
        seed: UInt64, validates: Bool = false
    ) throws -> (holdout: Holdout, candidates: CandidateProtocol) {
        var (asked, part) = (holdout, (name: String, items: [Int32])?.none)
        if let name = config.domain {
            guard let domain = domains.index(of: name) else {
                throw ConfigurationError(
                    file: "evaluate.domain", Spelling.complaint(unknown: "domain", name, valid: domains.names))
            }
            part = (name, domains.items(of: domain))
            asked = holdout.filter { domains.indices[Int($0)] == domain }
        }
        func drawn(_ count: Int) -> CandidateProtocol {
            .sampled(.uniform(count, for: asked, of: split, among: part, seed: seed))
        }
        switch config.candidates {
        case .full: return (asked, part.map { .part($0.name, $0.items) } ?? .full)
        case .sampled(let count): return (asked, drawn(count))
        case .shown: throw ConfigurationError(file: "evaluate", "'shown' is asked of data of impressions alone")
        case .perTarget(let count):
            return (asked, .perTarget(.perTarget(count, for: asked, of: split, among: part, seed: seed)))
        case .rated(let settings): return (asked.rated(by: dataset.log), .rated(liked: settings.liked))
        // Models that choose by what was held out rank what was clicked then.
        case .offered: return (asked, .part("what was clicked then", Set(holdout.items).sorted()))
        case .given:
            guard let negatives = split.testNegatives else {
                throw ConfigurationError(
                    file: "evaluate",
                    "no negatives came with the data; write 'candidates: { sampled: 99 }' or 'full'")
            }
            // The files' negatives are for the test; as many are drawn to validate.
            if validates { return (asked, drawn(negatives.rows.lazy.map(\.count).max() ?? 99)) }
            guard let name = config.domain, let domain = domains.index(of: name) else {
                return (asked, .sampled(negatives))
            }
            let given = FrozenTest(holdout: holdout, negatives: negatives).restricted(to: domain, of: domains)
            return (asked, .sampled(given?.negatives ?? negatives))
        }
    }
}

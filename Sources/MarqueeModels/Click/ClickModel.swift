internal import Foundation
public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// A model whose answers depend on what was shown and clicked up to the moment of a question: told of newer impressions, it
/// counts them too, and learns nothing.
public protocol ImpressionObserving: HistoryScorer {
    /// The same model, which has seen these impressions; of each question it knows what lies before it.
    func observing(_ log: ImpressionLog) -> Self
}

/// A trained ``ClickNetwork`` as a recommender: scores are probabilities of a click, calibrated where validation
/// impressions were given, or what ``ClickObjective/score`` asks for.
///
/// It learns from impressions where the training set has some, else from examples made of interactions; see
/// ``ClickExamples``. It answers from a history, for anybody; a user of the fit who is asked for by index is answered from
/// the history of the fit.
public struct ClickModel<Network: ClickNetwork>: ClickScorer {
    public static var kind: String { Network.kind }
    public let config: Network.Config
    public let network: Network
    private let positioned: PositionedNetwork<Network>
    /// The newest events of every user of the fit.
    let histories: UserHistories
    var reader: ClickReader
    private let behaviorCount: Int
    private var calibration = ClickCalibration.none
    private let tapes = InferenceTapes()

    public static func fit(_ config: Network.Config, to data: TrainingSet, in context: FitContext) throws -> Self {
        try fit(config, to: data, in: context) { _ in }
    }

    /// - Parameter prepare: gives the network its first parameters where they are not drawn.
    static func fit(
        _ config: Network.Config, to data: TrainingSet, in context: FitContext, prepare: (Network) throws -> Void
    ) throws -> Self {
        let (reader, examples, histories) = try ClickReader.reading(data, config, model: kind, seed: context.seed)
        let network = Network(
            config, ClickSizes(config, reader.schema, behaviors: data.behaviors.count),
            stream: RandomStream(seed: context.seed, "parameters"))
        try prepare(network)
        var model = Self(
            config: config,
            positioned: PositionedNetwork(
                network, positions: config.objective.positions && data.impressions != nil),
            histories: histories, reader: reader, behaviorCount: data.behaviors.count)
        let steps = ClickSteps(model.positioned, config, reader, examples, seed: context.seed)
        let later = data.impressions?.validation
        let asked = try later.map { log in
            (model: model.observing(log), evaluator: try ClickEvaluator(log, metrics: []))
        }
        let validation =
            asked.map { asked in
                ValidationFigure(config.objective.score == .dwell ? "AUC of dwell" : "AUC") { _ in
                    let result = try asked.evaluator.evaluate(asked.model, pool: context.pool)
                    return (config.objective.score == .dwell ? result.dwellAUC : result.auc) ?? 0.5
                }
            } ?? data.validation?.figure(pool: context.pool) { [model] in model }
        try Trainer(kind, steps, config, on: data, validation: validation, in: context).run()
        if let asked {
            let log = asked.evaluator.log
            let logits = try context.pool.map(log.count) { impression in
                try Interruption.check()
                let query = log.query(impression)
                return asked.model.logits(query, query.candidates ?? []).map(\.click)
            }
            let flat = Array(logits.joined())
            switch config.objective.calibration {
            case .none: break
            case .platt: model.calibration = .platt(flat, clicked: log.clicked)
            case .isotonic: model.calibration = .isotonic(flat, clicked: log.clicked)
            }
        }
        return model
    }

    private init(
        config: Network.Config, positioned: PositionedNetwork<Network>, histories: UserHistories, reader: ClickReader,
        behaviorCount: Int
    ) {
        self.config = config
        self.positioned = positioned
        network = positioned.network
        self.histories = histories
        self.reader = reader
        self.behaviorCount = behaviorCount
    }

    // MARK: Scores

    func scores(of candidates: [Int32], for query: Query) -> [Float] {
        logits(query, candidates).map { logits in
            let click = calibration(logits.click)
            let dwell = 1 / (1 + exp(-logits.dwell))
            return switch config.objective.score {
            case .click: click
            case .dwell: dwell
            case .both: click * dwell
            }
        }
    }

    /// Candidates a forward pass: as many as leave what is computed of them in the cache.
    private static var chunk: Int { 64 }

    private func logits(_ query: Query, _ candidates: [Int32]) -> [(click: Float, dwell: Float)] {
        var logits: [(click: Float, dwell: Float)] = []
        logits.reserveCapacity(candidates.count)
        let history = reader.read(query.history)
        let context = query.context
        tapes.withTape { tape in
            for start in stride(from: 0, to: candidates.count, by: Self.chunk) {
                let some = Array(candidates[start..<min(start + Self.chunk, candidates.count)])
                tape.begin(batchCount: some.count, training: false)
                let batch = ClickBatch([Occasion(history: history, context: context, items: some)], reader, tape)
                let output = network.logits(batch, tape)
                for k in 0..<some.count {
                    logits.append(
                        (output[k * output.columns], output.columns > 1 ? output[k * output.columns + 1] : 0))
                }
            }
        }
        return logits
    }

    // MARK: Files

    public init(config: Network.Config, from artifact: borrowing Artifact) throws {
        let items = try artifact.count("items")
        let behaviorCount = try artifact.count("behaviors")
        let reader = try ClickReader(config.inputs, from: artifact, itemCount: items)
        let positioned = PositionedNetwork(
            Network(
                config, ClickSizes(config, reader.schema, behaviors: behaviorCount), stream: RandomStream(key: 0)),
            positions: try artifact.count("positions") > 0)
        do { try ModuleParameters(of: positioned).restore(artifact.tensors) } catch {
            throw ModelError.badArtifact(path: Self.kind, reason: "\(error)")
        }
        self.init(
            config: config, positioned: positioned,
            histories: try artifact.histories("sequences", itemCount: items, behaviorCount: behaviorCount),
            reader: reader, behaviorCount: behaviorCount)
        calibration = try ClickCalibration(from: artifact)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.tensors = ModuleParameters(of: positioned).tensors()
        artifact.store(count: itemCount, "items")
        artifact.store(count: behaviorCount, "behaviors")
        artifact.store(count: positioned.positions == nil ? 0 : 1, "positions")
        artifact.store(histories, "sequences")
        try reader.save(to: &artifact)
        calibration.save(to: &artifact)
    }
}

extension ClickReader {
    /// What a model of clicks reads of data, the examples it learns from, and the histories that it keeps.
    static func reading(
        _ data: TrainingSet, _ config: some ClickConfig, model kind: String, seed: UInt64
    ) throws -> (reader: ClickReader, examples: ClickExamples, histories: UserHistories) {
        let behaviors = try data.historyWeights(config.inputs.behaviors, for: kind)
        guard behaviors.counts(UInt8(data.target)) else {
            throw ModelError.badConfig(
                model: kind,
                reason: "what is predicted is '\(data.behaviorNames[data.target])', which behaviors leaves out; add it")
        }
        if data.impressions?.training.clicked.contains(true) == false {
            throw ModelError.unfit(model: kind, reason: "nothing that was shown was clicked")
        }
        let histories = UserHistories(data.log).selecting { behaviors.counts($0.behavior) }
        let examples = ClickExamples(config, data, histories: histories, behaviors: behaviors, seed: seed)
        let memory = ClickMemory(
            histories, clock: TrainingSet.clock(of: histories), shown: data.impressions?.training.showings(),
            attributes: data.itemAttributes, itemCount: data.itemCount)
        let some = stride(from: 0, to: examples.count, by: max(1, examples.count / 1000))
        let reader = ClickReader(
            config.inputs, behaviors: behaviors, schema: ClickSchema(data), memory: memory, values: histories.values,
            occasions: some.lazy.map { examples[$0, epoch: 0] })
        // All of a history counts in signals, of which the newest events are looked at; more is not kept than is read.
        return (reader, examples, histories)
    }
}

internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// A row that merely counts: it scores by one ``ClickSignal``, as of the moment of the question, and learns nothing. What
/// click models have to be better than.
public struct ClickCounter: ClickScorer {
    public struct Config: ModelConfig {
        /// What is counted.
        public var by = ClickSignal.transitions
        /// The newest events of a history that are read.
        public var length = 50
        public var behaviors = BehaviorWeights.target

        public init() {}

        public var problem: String? { length < 1 ? "length must be at least 1" : behaviors.problem }
    }

    public static let kind = "click-counter"
    public let config: Config
    let histories: UserHistories
    var reader: ClickReader
    private let behaviorCount: Int

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> ClickCounter {
        let (reader, _, histories) = try ClickReader.reading(
            data, Reading(config), model: kind, seed: context.seed)
        return ClickCounter(
            config: config, histories: histories, reader: reader, behaviorCount: data.behaviors.count)
    }

    private init(config: Config, histories: UserHistories, reader: ClickReader, behaviorCount: Int) {
        (self.config, self.histories, self.reader, self.behaviorCount) = (config, histories, reader, behaviorCount)
    }

    func scores(of candidates: [Int32], for query: Query) -> [Float] {
        var counts = [Float](repeating: 0, count: candidates.count)
        reader.write(
            Occasion(history: reader.read(query.history), context: query.context, items: candidates)
        ) { counts[$0] = $1 }
        return counts
    }

    // MARK: Files

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let items = try artifact.count("items")
        let behaviorCount = try artifact.count("behaviors")
        self.init(
            config: config,
            histories: try artifact.histories("sequences", itemCount: items, behaviorCount: behaviorCount),
            reader: try ClickReader(Reading(config).inputs, from: artifact, itemCount: items),
            behaviorCount: behaviorCount)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(count: itemCount, "items")
        artifact.store(count: behaviorCount, "behaviors")
        artifact.store(histories, "sequences")
        try reader.save(to: &artifact)
    }

    /// What it reads of a question, as click models say it.
    private struct Reading: ClickConfig {
        var inputs = ClickInputs()
        var objective = ClickObjective()
        var regularization: Float = 0
        var train = TrainingConfig.clicks

        init() {}

        init(_ config: Config) {
            inputs.signals = [config.by]
            inputs.length = config.length
            inputs.behaviors = config.behaviors
        }
    }
}

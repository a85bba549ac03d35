public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// A row that merely counts: it scores by one ``ClickSignal``, as of the moment of the question, and learns nothing. What
/// click models have to be better than.
public struct ClickCounter: Recommender, ImpressionObserving {
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
    private let histories: UserHistories
    private var reader: ClickReader
    private let behaviorCount: Int

    public var userCount: Int { histories.userCount }
    public var itemCount: Int { reader.itemCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> ClickCounter {
        let (reader, _, histories) = try ClickReader.reading(
            data, Reading(config), model: kind, seed: context.seed)
        return ClickCounter(
            config: config, histories: histories, reader: reader, behaviorCount: data.behaviors.count)
    }

    private init(config: Config, histories: UserHistories, reader: ClickReader, behaviorCount: Int) {
        (self.config, self.histories, self.reader, self.behaviorCount) = (config, histories, reader, behaviorCount)
    }

    public func observing(_ log: ImpressionLog) -> ClickCounter {
        var counter = self
        counter.reader.memory = reader.memory.observing(log)
        return counter
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(users.map { Query(history: histories[$0]) }, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(Query(history: histories[user]), candidates: candidates, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let candidates = items.map { Int32($0) }
        for (k, query) in queries.enumerated() {
            for (j, score) in counted(query, candidates).enumerated() { scores[k * items.count + j] = score }
        }
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (k, score) in counted(query, candidates).enumerated() { scores[k] = score }
    }

    private func counted(_ query: Query, _ candidates: [Int32]) -> [Float] {
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

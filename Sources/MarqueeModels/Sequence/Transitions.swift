internal import Foundation
internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// What came after what, counted: the row that a sequence model has to pass.
///
///     C[j, i] = Σ over histories, over pairs of an event j and an event i, d = 1 … `window` events later, of decay^(d − 1)
///     score(h, i) = Σ over the events j of h, `age` events old, of
///                   recency^age · C[j, i] / (count(j)^source-damping · count(i)^damping)
///
/// With `window` 1 and `recency` 0 it is a first-order Markov chain. Fitting is O(events · window), scoring
/// O(read · items that follow).
public struct Transitions: Recommender, HistoryScorer, Explaining {
    public struct Config: ModelConfig {
        /// How many later events an event is paired with.
        public var window = 20
        /// What a pair one event further apart counts less.
        public var decay: Float = 0.9
        /// What an event one older counts less in a history that is asked about.
        public var recency: Float = 0.8
        /// How much frequent items are held back: 0 not, 1 wholly.
        public var damping: Float = 0.3
        /// How much less what follows a frequent item counts: at 1 what follows an item is a share of its occurrences.
        public var sourceDamping: Float = 0.5
        public var behaviors = BehaviorWeights.target

        public init() {}

        public var problem: String? {
            if window < 1 { return "window must be at least 1" }
            if !(0...1 ~= decay && 0...1 ~= recency) { return "decay and recency must be from 0 to 1" }
            guard damping >= 0, damping.isFinite, sourceDamping >= 0, sourceDamping.isFinite else {
                return "damping and source-damping must not be negative"
            }
            return behaviors.problem
        }
    }

    public static let kind = "transitions"
    public let config: Config
    /// C[j, i] / (count(j)^source-damping · count(i)^damping).
    private let weights: InteractionMatrix
    /// The newest events of every user of the fit.
    private let histories: UserHistories
    private let behaviors: HistoryWeights
    private let behaviorCount: Int

    public var userCount: Int { histories.userCount }
    public var itemCount: Int { weights.columnCount }

    /// Events of a history that still count: those whose weight is above a ten-thousandth, at most a thousand.
    private static func depth(_ config: Config) -> Int {
        var (depth, weight) = (1, config.recency)
        while weight > 1e-4, depth < 1000 { (depth, weight) = (depth + 1, weight * config.recency) }
        return depth
    }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Transitions {
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        let histories = UserHistories(data.log).selecting { behaviors.counts($0.behavior) }
        return Transitions(
            config, counted(histories, config, itemCount: data.itemCount, target: UInt8(data.target)),
            histories.newest(depth(config)), behaviors, behaviorCount: data.behaviors.count)
    }

    private init(
        _ config: Config, _ weights: InteractionMatrix, _ histories: UserHistories, _ behaviors: HistoryWeights,
        behaviorCount: Int
    ) {
        self.config = config
        self.weights = weights
        self.behaviors = behaviors
        self.behaviorCount = behaviorCount
        self.histories = histories
    }

    /// The weights: a row at a time is summed in a dense row, over the places where its item occurs.
    /// - Parameter isCounted: whose histories count, by user.
    static func counted(
        _ histories: UserHistories, _ config: Config, itemCount: Int, target: UInt8,
        where isCounted: (Int) -> Bool = { _ in true }
    ) -> InteractionMatrix {
        let users = (0..<histories.userCount).filter(isCounted)
        // By item the events it is, each with the end of its history.
        var starts = [Int](repeating: 0, count: itemCount + 1)
        for user in users {
            for item in histories[Int32(user)].items { starts[Int(item) + 1] += 1 }
        }
        let counts = starts.dropFirst().map { Float($0) }
        for item in 0..<itemCount { starts[item + 1] += starts[item] }
        var cursors = starts
        var places = [(event: Int, end: Int)](repeating: (0, 0), count: starts[itemCount])
        for user in users {
            let end = histories.offsets[user + 1]
            for event in histories.offsets[user]..<end {
                let item = Int(histories.items[event])
                places[cursors[item]] = (event, end)
                cursors[item] += 1
            }
        }
        let decays = (0..<config.window).map { pow(config.decay, Float($0)) }
        let damped = counts.map { $0 > 0 ? 1 / pow($0, config.damping) : 0 }
        let sourceDamped = counts.map { $0 > 0 ? 1 / pow($0, config.sourceDamping) : 0 }
        var (offsets, columns, values) = ([0], [Int32](), [Float]())
        var sums = [Float](repeating: 0, count: itemCount)
        var touched: [Int32] = []
        for item in 0..<itemCount {
            for (event, end) in places[starts[item]..<starts[item + 1]] {
                for later in event + 1..<max(event + 1, min(event + 1 + config.window, end)) {
                    guard histories.behaviors.isEmpty || histories.behaviors[later] == target else { continue }
                    let next = Int(histories.items[later])
                    if sums[next] == 0 { touched.append(Int32(next)) }
                    sums[next] += decays[later - event - 1]
                }
            }
            touched.sort()
            for next in touched {
                columns.append(next)
                values.append(sums[Int(next)] * sourceDamped[item] * damped[Int(next)])
                sums[Int(next)] = 0
            }
            touched.removeAll(keepingCapacity: true)
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: itemCount, columnCount: itemCount, offsets: offsets, columns: columns, values: values)
    }

    // MARK: Scores

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, user) in users.enumerated() { score(histories[user], items, at: k * items.count, into: &scores) }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        for (k, query) in queries.enumerated() {
            score(query.history, items, at: k * items.count, into: &scores)
        }
    }

    private func score(_ history: History, _ items: Range<Int>, at start: Int, into scores: inout MutableSpan<Float>) {
        var sums = [Float](repeating: 0, count: itemCount)
        for (item, weight) in read(history) { weights.add([item][...], weights: [weight][...], to: &sums) }
        for (k, item) in items.enumerated() { scores[start + k] = sums[item] }
    }

    /// The events that count, the newest first, each with recency^age.
    private func read(_ history: History) -> [(item: Int32, weight: Float)] {
        let depth = Self.depth(config)
        var weight: Float = 1
        var read: [(item: Int32, weight: Float)] = []
        for event in history.reversed() where behaviors.counts(event.behavior) {
            read.append((event.item, weight))
            weight *= config.recency
            if read.count == depth { break }
        }
        return read
    }

    public func contributions(_ query: Query, items: [Int32], history: [Int32]) -> [[Float]] {
        var own: [Int32: Float] = [:]
        for (item, weight) in read(query.history) { own[item, default: 0] += weight }
        return items.map { item in history.map { (own[$0] ?? 0) * weights.value($0, item) } }
    }

    // MARK: Files

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let weights = try artifact.matrix("weights")
        guard weights.rowCount == weights.columnCount else {
            throw ModelError.badArtifact(path: "weights", reason: "not from items to items")
        }
        let behaviorCount = try artifact.count("behaviors")
        self.init(
            config, weights,
            try artifact.histories("sequences", itemCount: weights.columnCount, behaviorCount: behaviorCount),
            try artifact.historyWeights(), behaviorCount: behaviorCount)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(weights, "weights")
        artifact.store(histories, "sequences")
        artifact.store(behaviors)
        artifact.store(count: behaviorCount, "behaviors")
    }
}

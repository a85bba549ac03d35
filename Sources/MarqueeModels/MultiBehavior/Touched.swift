public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// What the user has already touched with another behavior, then what most people like: the rule that
/// every multi-behavior table must have, because shop logs hold the cart of a purchase beside it.
///
/// score(u, i) = tier(u, i) + n_i / (1 + max n), n_i the number of users with a target interaction on i.
/// tier(u, i) ranks Σ over auxiliary behaviors b that u did to i of w_b: 0 for an untouched item, 1 for
/// the least sum that occurs, and so on. w_b is the behavior's conversion rate, the share of its (user,
/// item) pairs in training that are target pairs too, unless a weight is given. With one behavior it is
/// popularity. With `numbered-by-arrival` the newest comes first instead, among what was touched alike and after it:
/// n_i is the item's rank by arrival (``ArrivalOrder``). A sum that occurs in a history alone has the tier of the
/// next lower one that occurred in training, and never less than 1.
public struct Touched: Recommender, HistoryScorer {
    public struct Config: ModelConfig {
        /// `all` (every auxiliary behavior), names of some, or names with weights in place of conversion rates.
        public var behaviors = BehaviorWeights.all
        /// Whether items' ids are numbers given out as items came, and the newest come first.
        public var numberedByArrival = false

        public init() {}

        public var problem: String? {
            behaviors == .target ? "behaviors must name auxiliary behaviors" : behaviors.problem
        }
    }

    public static let kind = "touched"
    public let config: Config
    /// Users × items: the tiers, from 1.
    public let tiers: InteractionMatrix
    /// By item, in 0..<1: popularity, or arrival.
    public let rest: [Float]
    /// The sums that occur in training, ascending: tier t is that of `levels[t - 1]`.
    let levels: [Float]
    let behaviors: HistoryWeights

    public var userCount: Int { tiers.rowCount }
    public var itemCount: Int { tiers.columnCount }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Touched {
        let behaviors = try data.historyWeights(weights(config, data).map { ($0.key, $0.value) }, for: kind)
        let sums = data.matrix(of: behaviors)
        let levels = Set(sums.values).sorted()
        let ranks = Dictionary(uniqueKeysWithValues: levels.enumerated().map { ($1, Float($0 + 1)) })
        let counts =
            config.numberedByArrival
            ? try ArrivalOrder(of: data.log.itemVocabulary, for: kind).arrivals : data.interactions.columnSums()
        let largest = counts.max() ?? 0
        return Touched(
            config: config, tiers: sums.mapValues { _, _, value in ranks[value] ?? 0 },
            rest: counts.map { $0 / (1 + largest) }, levels: levels, behaviors: behaviors)
    }

    private static func weights(_ config: Config, _ data: TrainingSet) throws -> [String: Float] {
        func rates(_ behaviors: [Int]) -> [String: Float] {
            Dictionary(behaviors.map { (data.behaviorNames[$0], data.conversionRate(of: $0)) }) { first, _ in first }
        }
        switch config.behaviors {
        case .target: return [:]
        case .all: return rates(data.auxiliary)
        case .named(let names): return rates(try names.map { try data.behavior($0, for: kind) })
        case .weighted(let weights): return weights
        }
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(users, of: tiers, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        for (k, item) in candidates.enumerated() { scores[k] = rest[Int(item)] + tiers.value(user, item) }
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        let tiers = behaviors.rows(of: queries, itemCount: itemCount).mapValues { _, _, sum in tier(of: sum) }
        score((0..<Int32(queries.count)).map { $0 }, of: tiers, items: items, into: &scores)
    }

    private func score(
        _ rows: [Int32], of tiers: InteractionMatrix, items: Range<Int>, into scores: inout MutableSpan<Float>
    ) {
        for (k, row) in rows.enumerated() {
            scores.copy(rest[items], at: k * items.count)
            for entry in tiers.offsets[Int(row)]..<tiers.offsets[Int(row) + 1] {
                let item = Int(tiers.columns[entry])
                if items.contains(item) { scores[k * items.count + item - items.lowerBound] += tiers.values[entry] }
            }
        }
    }

    private func tier(of sum: Float) -> Float { Float(max(1, levels.partitionPoint { $0 > sum })) }
}

extension Touched {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let tiers = try artifact.matrix("tiers")
        // Files from before models kept behaviors are of one behavior, and nothing counts beside the target.
        let knows = artifact.tensors["levels"] != nil
        self.init(
            config: config, tiers: tiers, rest: try artifact.floats("popularity", shape: [tiers.columnCount]),
            levels: knows ? try artifact.floats("levels", shape: artifact.shape("levels", rank: 1)) : [],
            behaviors: knows ? try artifact.historyWeights() : HistoryWeights([]))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(tiers, "tiers")
        artifact.store(rest, "popularity", shape: [itemCount])
        artifact.store(levels, "levels", shape: [levels.count])
        artifact.store(behaviors)
    }
}

extension TrainingSet {
    /// The share of a behavior's (user, item) pairs that are target pairs too.
    func conversionRate(of behavior: Int) -> Float {
        let matrix = behaviors[behavior]
        var both = 0
        for user in 0..<Int32(userCount) {
            for item in matrix[user] where interactions.contains(user, item) { both += 1 }
        }
        // A behavior that never led to the target still says more than nothing.
        return max(Float(both), 0.5) / Float(max(1, matrix.entryCount))
    }
}

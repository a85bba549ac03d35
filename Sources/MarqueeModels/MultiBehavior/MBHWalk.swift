internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// MBH-Walk, the successor of ``MBHGNN``: multi-behavior, neighbor-aware, high-hop evidence, weighed by a network.
///
/// A graph network is trained with the very edge in the graph that it is to predict, and forgets what the
/// trivial rules know: that the item lies in the cart, and how often carts are paid for. MBH-Walk keeps
/// both apart. What the graph knows of a pair is computed, not learned (``BehaviorWalks``: where walks of
/// every pair of behaviors end, what the user did to the item, how items convert, and what the strongest patterns of
/// the whole graph say), with the predicted interaction hidden exactly; what it means is learned, by a small network
/// that tells the positive from uniform and from touched negatives (softmax over a group).
///
/// A history is evidence like a user's own row; nothing is learned for it.
///
/// In step with random-walk recommenders (Cooper et al., WWW 2014; Paudel et al., TiiS 2017) and with
/// learning on top of path evidence (path-ranking: Lao and Cohen, Machine Learning 81, 2010).
public struct MBHWalk: Recommender, HistoryScorer {
    public struct Config: NetworkConfig {
        /// Whether behaviors other than the target take part.
        public var multiBehavior = true
        /// Widths of the tower.
        public var layers = [64, 32]
        /// The share of negatives that the user touched with another behavior, where there are so many.
        public var hard: Float = 0.4
        /// The share of positives whose auxiliary interactions are hidden too.
        public var surprise: Float = 0.1
        public var dropout: Float = 0
        /// At most so many of a user's target interactions are learned from, drawn at random: the network is
        /// small, and a positive costs a look at the graph. Half of them the newest, where items are ``numberedByArrival``.
        public var positives = 8
        /// Whether items' ids are numbers given out as items came (``ArrivalOrder``): what is new, and new to the
        /// user, is then among the evidence.
        public var numberedByArrival = false
        /// How many of a graph's strongest patterns are among the evidence (``GraphSpectrum``), by the eighth, the
        /// quarter, the half and all of them. They tell of items that come without warning (BeiBei;
        /// Taobao asked strictly), and cost where most targets come with one (Taobao). 16 bytes an item and pattern, five
        /// times that in training.
        public var patterns = 0
        public var train = TrainingConfig {
            $0.epochs = 3
            $0.batch = 8192
            $0.negatives = 127
            $0.rate = 0.005
            $0.loss = .softmax
            $0.cosine = true
        }

        public init() {}

        public static var tiny: Config {
            Config {
                ($0.layers, $0.patterns) = ([8], 8)
                ($0.train.epochs, $0.train.batch, $0.train.negatives, $0.train.rate) = (30, 64, 3, 0.01)
            }
        }

        public var problem: String? {
            if !layers.allSatisfy({ $0 > 0 }) { return "layers must be positive" }
            if !(0...1).contains(hard) { return "hard must lie in 0...1" }
            if !(0...1).contains(surprise) { return "surprise must lie in 0...1" }
            if !(0..<1).contains(dropout) { return "dropout must lie in 0..<1" }
            if positives < 1 { return "positives must be at least 1" }
            if patterns < 0 { return "patterns must not be negative" }
            if train.loss != .softmax { return "train.loss must be softmax" }
            return train.problem
        }
    }

    public static let kind = "mbh-walk"
    public let config: Config
    let network: WalkNetwork
    private let scorer: WalkScorer

    public var userCount: Int { scorer.userCount }
    public var itemCount: Int { scorer.itemCount }

    private init(config: Config, network: WalkNetwork) {
        self.config = config
        self.network = network
        scorer = WalkScorer(network: network)
    }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> MBHWalk {
        let (behaviors, target) =
            config.multiBehavior ? (data.behaviors, data.target) : ([data.interactions], 0)
        guard behaviors.count <= BehaviorWalks.behaviorLimit else {
            throw ModelError.unfit(
                model: kind,
                reason: "it takes \(BehaviorWalks.behaviorLimit) behaviors, the data has \(behaviors.count); "
                    + "choose some, or leave multi-behavior out")
        }
        let order = config.numberedByArrival ? try ArrivalOrder(of: data.log.itemVocabulary, for: kind) : nil
        let spectra =
            config.patterns == 0
            ? []
            : try graphs(of: behaviors, target: data.interactions).map {
                try CrossFittedSpectrum(of: $0, rank: config.patterns, seed: context.seed, pool: context.pool)
            }
        let network = WalkNetwork(
            config, walks: BehaviorWalks(behaviors, target: target, order: order, spectra: spectra),
            historyBehaviors: (config.multiBehavior ? Array(behaviors.indices) : [data.target]).map { UInt8($0) },
            stream: RandomStream(seed: context.seed, "parameters"))
        let stream = RandomStream(seed: context.seed, "positives")
        let positives =
            order?.mostlyNewest(config.positives, of: data.interactions, stream: stream)
            ?? data.interactions.sampled(perRow: config.positives, stream: stream)
        try network.train(config, on: data, positives: positives, in: context)
        return MBHWalk(config: config, network: network)
    }

    /// Whose patterns are told of: the target's and all behaviors as one, which with one behavior is the target's.
    private static func graphs(of behaviors: [InteractionMatrix], target: InteractionMatrix) -> [InteractionMatrix] {
        behaviors.count > 1 ? [target, behaviors.reduce(target) { $0.adding($1, weight: 1) }] : [target]
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        scorer.score(users: users, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        scorer.score(user: user, candidates: candidates, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        scorer.score(queries, items: items, into: &scores)
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        scorer.score(query, candidates: candidates, into: &scores)
    }

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let behaviors = try (0..<artifact.count("behaviors")).map { try artifact.matrix("behavior.\($0)") }
        let target = try artifact.count("target")
        guard let first = behaviors.first, behaviors.indices.contains(target),
            behaviors.count <= BehaviorWalks.behaviorLimit,
            behaviors.allSatisfy({
                $0.isBinary && $0.rowCount == first.rowCount && $0.columnCount == first.columnCount
            })
        else { throw ModelError.badArtifact(path: Self.kind, reason: "its behaviors do not fit together") }
        let order =
            config.numberedByArrival
            ? ArrivalOrder(arrivals: try artifact.floats("arrivals", shape: [first.columnCount])) : nil
        let spectra = try (0..<(config.patterns == 0 ? 0 : min(2, behaviors.count))).map { k in
            try CrossFittedSpectrum(
                rank: config.patterns, itemCount: first.columnCount, from: artifact.part("spectrum.\(k)."))
        }
        // Files from before models kept behaviors: histories are of the target alone.
        let historyBehaviors =
            artifact.tensors["history-behaviors"] == nil
            ? behaviors.indices.map { $0 == target ? 0 : nil }
            : try artifact.integers("history-behaviors").map { UInt8(exactly: $0) }
        guard historyBehaviors.count == behaviors.count else {
            throw ModelError.badArtifact(path: Self.kind, reason: "its behaviors do not fit together")
        }
        let network = WalkNetwork(
            config, walks: BehaviorWalks(behaviors, target: target, order: order, spectra: spectra),
            historyBehaviors: historyBehaviors, stream: RandomStream(key: 0))
        do { try ModuleParameters(of: network).restore(artifact.tensors) } catch {
            throw ModelError.badArtifact(path: Self.kind, reason: "\(error)")
        }
        self.init(config: config, network: network)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.tensors = ModuleParameters(of: network).tensors()
        for (k, behavior) in network.walks.behaviors.enumerated() { artifact.store(behavior, "behavior.\(k)") }
        artifact.store(count: network.walks.behaviors.count, "behaviors")
        artifact.store(count: network.walks.target, "target")
        artifact.tensors["history-behaviors"] = StoredTensor(
            network.historyBehaviors.map { $0.map { Int32($0) } ?? -1 })
        for (k, spectrum) in network.walks.spectra.enumerated() {
            var part = Artifact()
            spectrum.save(to: &part)
            artifact.insert(part, prefix: "spectrum.\(k).")
        }
        if let order = network.walks.order { artifact.store(order.arrivals, "arrivals", shape: [itemCount]) }
    }
}

extension InteractionMatrix {
    /// At most `count` random entries of each row.
    fileprivate func sampled(perRow count: Int, stream: RandomStream) -> InteractionMatrix {
        var stream = stream
        return choosing { _, row in
            var entries = Array(row)
            entries.shuffleFront(min(count, entries.count), &stream)
            return Array(entries.prefix(count))
        }
    }
}

extension [Int32] {
    /// Brings a random choice of `count` elements to the front, in random order (Fisher and Yates, as far as wanted).
    mutating func shuffleFront(_ count: Int, _ stream: inout RandomStream) {
        for k in 0..<count { swapAt(k, k + Int(stream.next() % UInt64(self.count - k))) }
    }
}

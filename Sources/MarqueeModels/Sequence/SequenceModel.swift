internal import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// A trained ``SequenceNetwork`` as a recommender: it answers from a history, for anybody.
///
/// A user of the fit who is asked for by index is answered from the history of the fit. Where there is no history, items
/// are ranked by how often they came in training. Scoring a history costs one forward pass over its newest events and
/// a product of one state with all items.
public struct SequenceModel<Network: SequenceNetwork>: Recommender, HistoryScorer {
    public static var kind: String { Network.kind }
    public let config: Network.Config
    public let network: Network
    /// The newest events of every user of the fit.
    private let histories: UserHistories
    /// What of a history is read.
    private let behaviors: HistoryWeights
    private let behaviorCount: Int
    /// By item: its share of training, for those who have no history.
    private let popularity: [Float]
    private let memory: CountedMemory?
    private let tapes = InferenceTapes()

    public var userCount: Int { histories.userCount }
    public var itemCount: Int { network.items.rowCount }

    public static func fit(_ config: Network.Config, to data: TrainingSet, in context: FitContext) throws -> Self {
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        guard behaviors.counts(UInt8(data.target)) else {
            throw ModelError.badConfig(
                model: kind,
                reason: "what comes next is '\(data.behaviorNames[data.target])', which behaviors leaves out; add it")
        }
        let whole = UserHistories(data.log).selecting { behaviors.counts($0.behavior) }
        let network = Network(
            config, items: data.itemCount, behaviors: data.behaviors.count,
            stream: RandomStream(seed: context.seed, "parameters"))
        let memory =
            config.memory.counts.isEmpty
            ? nil
            : CountedMemory(config.memory, histories: whole, itemCount: data.itemCount, target: UInt8(data.target))
        let model = Self(
            config: config, network: network, histories: whole.newest(config.length), behaviors: behaviors,
            behaviorCount: data.behaviors.count,
            popularity: data.interactions.columnCounts().map {
                Float($0) / Float(max(1, data.interactions.entryCount))
            }, memory: memory)
        let steps = SequenceSteps(
            network, config, histories: whole.newest(config.length + 1), memory: memory, of: data,
            seed: context.seed)
        let validation = data.validation?.figure(pool: context.pool) { model }
        try Trainer(kind, steps, config, on: data, validation: validation, in: context).run()
        return model
    }

    private init(
        config: Network.Config, network: Network, histories: UserHistories, behaviors: HistoryWeights,
        behaviorCount: Int, popularity: [Float], memory: CountedMemory?
    ) {
        self.config = config
        self.network = network
        self.histories = histories
        self.behaviors = behaviors
        self.behaviorCount = behaviorCount
        self.popularity = popularity
        self.memory = memory
    }

    // MARK: Scores

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(users.count, items: items, into: &scores) { histories[users[$0]] }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(histories[user], candidates: candidates, into: &scores)
    }

    public func score(_ queries: [Query], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        score(queries.count, items: items, into: &scores) { read(queries[$0].history) }
    }

    public func score(_ query: Query, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        score(read(query.history), candidates: candidates, into: &scores)
    }

    /// Of a history the newest events that count.
    func read(_ history: History) -> History {
        let newest: [History.Event] = history.reversed().lazy.filter { behaviors.counts($0.behavior) }.prefix(
            config.length
        ).reversed()
        return History(newest)
    }

    /// Histories a forward pass: enough for the matrix products, little enough for memory.
    private static var chunk: Int { 32 }

    private func score(
        _ count: Int, items: Range<Int>, into scores: inout MutableSpan<Float>, history: (Int) -> History
    ) {
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let some = (start..<min(start + Self.chunk, count)).map(history)
            withStates(some) { tape, states in
                guard let wide = wide(some, states, tape) else {
                    let logits = tape.matmul(states, rows(items, tape), transposed: true)
                    for k in 0..<logits.count { scores[start * items.count + k] = logits[k] }
                    return
                }
                let logits = tape.matmul(states, tape.constant(network.items), transposed: true)
                tape.add(wide, to: logits)
                for k in some.indices {
                    for (j, item) in items.enumerated() {
                        scores[(start + k) * items.count + j] = logits[k * itemCount + item]
                    }
                }
            }
            for (k, history) in some.enumerated() where history.isEmpty {
                for (j, item) in items.enumerated() { scores[(start + k) * items.count + j] = popularity[item] }
            }
        }
    }

    /// E of these items; of all of them where they lie, without a copy.
    private func rows(_ items: Range<Int>, _ tape: Tape) -> Tensor {
        guard items.count < itemCount else { return tape.constant(network.items) }
        let ids = tape.indices(items.count)
        ids.fill { for k in 0..<$0.count { $0[k] = Int32(items.lowerBound + k) } }
        return tape.gather(network.items[ids])
    }

    private func score(_ history: History, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        guard !history.isEmpty else {
            for (k, item) in candidates.enumerated() { scores[k] = popularity[Int(item)] }
            return
        }
        guard memory == nil else {
            var row = [Float](repeating: 0, count: itemCount)
            var span = row.mutableSpan
            score(1, items: 0..<itemCount, into: &span) { _ in history }
            for (k, item) in candidates.enumerated() { scores[k] = row[Int(item)] }
            return
        }
        withStates([history]) { tape, states in
            let rows = tape.gather(network.items[tape.indices(candidates)])
            let logits = tape.matmul(states, rows, transposed: true)
            for k in 0..<candidates.count { scores[k] = logits[k] }
        }
    }

    /// What is remembered at the end of these histories.
    private func wide(_ histories: [History], _ states: Tensor, _ tape: Tape) -> WideInput? {
        guard let memory, let gate = network.gate else { return nil }
        return memory.input(weights: gate(states, tape)) {
            ($0, histories[$0].count)
        } history: {
            (histories[$0], memory.whole)
        }
    }

    /// Hands over the last state of every history: [histories, width].
    private func withStates(_ histories: [History], _ body: (Tape, Tensor) -> Void) {
        tapes.withTape { tape in
            tape.begin(batchCount: histories.count, training: false)
            let batch = SequenceBatch(histories.count, window: config.window, tape) { histories[$0] }
            body(tape, tape.lastRows(network.states(batch, tape), batch.recent))
        }
    }

    // MARK: Files

    public init(config: Network.Config, from artifact: borrowing Artifact) throws {
        let items = try artifact.count("items")
        let behaviorCount = try artifact.count("behaviors")
        let network = Network(config, items: items, behaviors: behaviorCount, stream: RandomStream(key: 0))
        do { try ModuleParameters(of: network).restore(artifact.tensors) } catch {
            throw ModelError.badArtifact(path: Self.kind, reason: "\(error)")
        }
        self.init(
            config: config, network: network,
            histories: try artifact.histories("sequences", itemCount: items, behaviorCount: behaviorCount),
            behaviors: try artifact.historyWeights(), behaviorCount: behaviorCount,
            popularity: try artifact.floats("popularity", shape: [items]),
            memory: config.memory.counts.isEmpty
                ? nil : try CountedMemory(config.memory, from: artifact, itemCount: items))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.tensors = ModuleParameters(of: network).tensors()
        artifact.store(count: itemCount, "items")
        artifact.store(count: behaviorCount, "behaviors")
        artifact.store(histories, "sequences")
        artifact.store(behaviors)
        artifact.store(popularity, "popularity", shape: [itemCount])
        memory?.save(to: &artifact)
    }
}

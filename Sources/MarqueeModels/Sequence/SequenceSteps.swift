internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// Steps over histories: `train.batch` users a step, each once an epoch, their newest events; at every event of the
/// window the item is predicted that the target behavior comes to next. An epoch's samples are these predictions.
struct SequenceSteps<Network: SequenceNetwork>: StepSource {
    let network: Network
    private let config: Network.Config
    private let histories: UserHistories
    private let memory: CountedMemory?
    /// The target behavior.
    private let target: UInt8
    /// What a user has done to with the target behavior, never drawn as one of their negatives.
    private let seen: InteractionMatrix
    /// Users from whom something is learned, and how many predictions each has.
    private let users: [Int32]
    private let samples: [Int]
    /// Where shared negatives are drawn from: the items as often as they come next.
    private let targets: [Int32]
    /// By item: how likely a draw from `targets` is to give it.
    private let drawn: [Float]
    private let seed: UInt64

    /// - Parameters:
    ///   - histories: what is read, every event of which counts.
    ///   - memory: what was counted of the same users.
    init(
        _ network: Network, _ config: Network.Config, histories: UserHistories, memory: CountedMemory? = nil,
        of data: TrainingSet, seed: UInt64
    ) {
        self.network = network
        self.config = config
        self.histories = histories
        self.memory = memory
        self.seed = seed
        target = UInt8(data.target)
        seen = data.interactions
        var (users, samples, targets) = ([Int32](), [Int](), [Int32]())
        for user in 0..<Int32(histories.userCount) {
            let next = Self.next(in: histories[user], config, target: UInt8(data.target)).filter { $0 >= 0 }
            guard !next.isEmpty else { continue }
            users.append(user)
            samples.append(next.count)
            targets += next
        }
        (self.users, self.samples, self.targets) = (users, samples, targets)
        var counts = [Float](repeating: 0, count: data.itemCount)
        for item in targets { counts[Int(item)] += 1 }
        drawn = counts.map { $0 / Float(max(1, targets.count)) }
    }

    /// By event of the window, which ends before the newest event: the item that the target behavior comes to next; -1
    /// where it comes to none any more.
    private static func next(in history: History, _ config: Network.Config, target: UInt8) -> [Int32] {
        var (items, next) = ([Int32](), Int32(-1))
        for event in history.dropFirst().suffix(config.window).reversed() {
            if event.behavior == target { next = event.item }
            items.append(next)
        }
        return items.reversed()
    }

    private var batch: Int { config.train.batch }
    var stepsPerEpoch: Int { (users.count + batch - 1) / batch }
    var stepsBetweenReports: Int { 1 }

    /// The users of a step, as indices into `users`: each epoch in another order.
    private func members(of step: Int, epoch: Int) -> [Int] {
        let order = RandomPermutation(count: users.count, stream: RandomStream(seed: seed, "sequences", epoch))
        return (step * batch..<min((step + 1) * batch, users.count)).map { order[$0] }
    }

    func sampleCount(of step: Int, epoch: Int) -> Int {
        members(of: step, epoch: epoch).reduce(0) { $0 + samples[$1] }
    }

    func loss(of step: TrainingStep, _ tape: Tape) -> Double {
        let all = members(of: step.index, epoch: step.epoch)
        let own = all[step.shard(of: all.count)].map { users[$0] }
        // The newest event is read by nobody: nothing is known of what came after it.
        func history(_ k: Int) -> History { histories[own[k]].dropLast().suffix(config.length) }
        let batch = SequenceBatch(own.count, window: config.window, tape, history: history)
        let states = network.states(batch, tape)
        var (rows, next, owners) = ([Int32](), [Int32](), [Int32]())
        var places: [(history: Int, known: Int)] = []
        for (k, user) in own.enumerated() {
            let skipped = batch.sequences[k].count - batch.recent[k].upperBound
            for (row, item) in zip(batch.recent[k], Self.next(in: histories[user], config, target: target))
            where item >= 0 {
                rows.append(Int32(row))
                next.append(item)
                owners.append(user)
                places.append((k, row + 1 + skipped))
            }
        }
        let answers = rows.count == states.rows ? states : tape.rows(tape.indices(rows), of: states)
        let wide = memory.flatMap { memory in
            network.gate.map { gate in
                memory.input(weights: gate(answers, tape)) {
                    places[$0]
                } history: {
                    (history($0), memory.counts(without: own[$0]))
                }
            }
        }
        return loss(answers, next: tape.indices(next), owners: owners, wide: wide, tape)
    }

    // MARK: Objectives

    private func loss(
        _ states: Tensor, next: Indices, owners: [Int32], wide: WideInput?, _ tape: Tape
    ) -> Double {
        switch config.objective.loss {
        case .softmax: tape.softmaxCrossEntropy(states, over: network.items, targets: next, wide: wide)
        case .sampledSoftmax: sampledSoftmax(states, next: next, tape)
        case .logistic: binary(states, next: next, owners: owners, weight: 1, tape)
        case .gbce: binary(states, next: next, owners: owners, weight: Float(positiveWeight), tape)
        }
    }

    /// β of `gbce`: -log σ^β(z) = β · -log σ(z).
    private var positiveWeight: Double {
        let t = config.objective.calibration
        let alpha = min(1, Double(config.train.negatives) / Double(max(1, network.items.rowCount - 1)))
        return alpha * (t * (1 - 1 / alpha) + 1 / alpha)
    }

    private func sampledSoftmax(_ states: Tensor, next: Indices, _ tape: Tape) -> Double {
        var random = tape.randomStream()
        let negatives = (0..<config.train.negatives).map { _ in
            targets[Int(random.next() % UInt64(targets.count))]
        }
        func logarithms(_ count: Int, _ item: (Int) -> Int32) -> Tensor {
            tape.constant((0..<count).map { log(drawn[Int(item($0))]) }, rows: count)
        }
        return tape.sampledSoftmaxCrossEntropy(
            states, over: network.items, targets: next, negatives: tape.indices(negatives),
            logQ: (logarithms(next.count) { next[$0] }, logarithms(negatives.count) { negatives[$0] }))
    }

    private func binary(_ states: Tensor, next: Indices, owners: [Int32], weight: Float, _ tape: Tape) -> Double {
        let n = states.rows
        let positive = tape.dot(states, tape.gather(network.items[next]))
        var loss = tape.binaryCrossEntropy(
            positive, labels: tape.constant([Float](repeating: 1, count: n), rows: n),
            weights: weight == 1 ? nil : tape.constant([Float](repeating: weight, count: n), rows: n))
        let zeros = tape.constant([Float](repeating: 0, count: n), rows: n)
        var random = tape.randomStream()
        for _ in 0..<config.train.negatives {
            let negatives = tape.indices(owners.map { unseen(by: $0, &random) })
            let logits = tape.dot(states, tape.gather(network.items[negatives]))
            loss += tape.binaryCrossEntropy(logits, labels: zeros)
        }
        return loss
    }

    /// A random item that the user has not done the target behavior to; any where 32 draws found none.
    private func unseen(by user: Int32, _ random: inout RandomStream) -> Int32 {
        var item: Int32 = 0
        for _ in 0..<32 {
            item = Int32(truncatingIfNeeded: random.next() % UInt64(network.items.rowCount))
            if !seen.contains(user, item) { break }
        }
        return item
    }
}

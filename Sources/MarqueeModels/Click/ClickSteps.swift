internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// Steps over questions and what came of them: as many questions a step as have about `train.batch` candidates, each once
/// an epoch. An epoch's samples are candidates.
///
/// Rows of items are held small by mini-batch-aware regularization (Zhou et al., KDD 2018, section 5.1): a step adds
/// λ/n_j · w_j to the gradient of those rows j alone that it reads, n_j being how often an epoch reads them.
struct ClickSteps<Network: ClickNetwork>: StepSource {
    let network: PositionedNetwork<Network>
    private let config: Network.Config
    private let reader: ClickReader
    private let examples: ClickExamples
    private let occurrences: [Float]
    private let questions: Int
    private let seed: UInt64

    init(
        _ network: PositionedNetwork<Network>, _ config: Network.Config, _ reader: ClickReader,
        _ examples: ClickExamples, seed: UInt64
    ) {
        self.network = network
        self.config = config
        self.reader = reader
        self.examples = examples
        self.seed = seed
        occurrences = config.regularization > 0 ? examples.occurrences() : []
        let some = stride(from: 0, to: examples.count, by: max(1, examples.count / 1000))
        let sum = some.reduce(0) { $0 + examples.candidateCount($1) }
        questions = max(1, config.train.batch * max(1, some.underestimatedCount) / max(1, sum))
    }

    var stepsPerEpoch: Int { (examples.count + questions - 1) / questions }

    private func members(of step: Int, epoch: Int) -> [Int] {
        let order = RandomPermutation(count: examples.count, stream: RandomStream(seed: seed, "questions", epoch))
        return (step * questions..<min((step + 1) * questions, examples.count)).map { order[$0] }
    }

    func sampleCount(of step: Int, epoch: Int) -> Int {
        members(of: step, epoch: epoch).reduce(0) { $0 + examples.candidateCount($1) }
    }

    func loss(of step: TrainingStep, _ tape: Tape) -> Double {
        let all = members(of: step.index, epoch: step.epoch)
        let own = all[step.shard(of: all.count)].map { examples[$0, epoch: step.epoch] }
        let batch = ClickBatch(own, reader, tape)
        let rows = batch.items.count
        let logits = network.network.logits(batch, tape)
        if config.regularization > 0 { penalize(batch, samples: step.sampleCount, tape) }
        let clicks = network.positioned(
            logits.columns > 1 ? tape.columns(0..<1, of: logits) : logits, at: own.flatMap(\.positions), tape)
        let loss = tape.binaryCrossEntropy(
            clicks, labels: tape.constant(own.flatMap(\.labels), rows: rows),
            weights: tape.constant(own.flatMap(\.weights), rows: rows))
        guard logits.columns > 1 else { return loss }
        let dwell = own.flatMap(\.dwell)
        guard dwell.contains(where: { !$0.isNaN }) else { return loss }
        let second = tape.binaryCrossEntropy(
            tape.columns(1..<2, of: logits), labels: tape.constant(dwell.map { $0.isNaN ? 0 : $0 }, rows: rows),
            weights: tape.constant(dwell.map { $0.isNaN ? 0 : config.objective.dwell }, rows: rows))
        return loss + second
    }

    private func penalize(_ batch: ClickBatch, samples: Int, _ tape: Tape) {
        guard let table = network.network.penalized else { return }
        var distinct = Set((0..<batch.items.count).map { batch.items[$0] })
        for k in 0..<batch.events.count { distinct.insert(batch.events[k]) }
        let ids = distinct.sorted()
        let weights = ids.map { (config.regularization * Float(samples) / occurrences[Int($0)]).squareRoot() }
        let rows = tape.mix(
            [tape.gather(table[tape.indices(ids)])], weights: tape.constant(weights, rows: ids.count))
        tape.squaredNorm(rows, weight: 1)
    }
}

/// A network of clicks with what a place in a list does to them, which is taken out of the network: logit + bias of the
/// place (a shallow tower, Zhao et al., RecSys 2019). Who is asked without places gets the logit alone.
struct PositionedNetwork<Network: ClickNetwork>: Module {
    let network: Network
    /// [places, 1]; places beyond the last share its row, and row 0 is no place.
    let positions: EmbeddingTable?

    init(_ network: Network, positions: Bool) {
        self.network = network
        self.positions =
            positions ? EmbeddingTable(rowCount: 101, width: 1, .constant(0), stream: RandomStream(key: 0)) : nil
    }

    func positioned(_ logits: Tensor, at places: [Int32], _ tape: Tape) -> Tensor {
        guard let positions, places.contains(where: { $0 > 0 }) else { return logits }
        let rows = tape.indices(places.map { min($0, 100) })
        return tape.add(logits, tape.gather(positions[rows, padding: 0]))
    }
}

internal import CAllocationCounter
internal import CMarqueeKernels
internal import Foundation
internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

@Suite("Sequences")
struct SequenceTests {
    private static let lengths: [Int32] = [2, 0, 4, 1]
    private static let rows = 7

    private func inference() -> Tape {
        let tape = Tape()
        tape.begin(batchCount: 1, training: false)
        return tape
    }

    // MARK: Layout

    @Test("a layout knows its rows, positions and owners")
    func layout() {
        let tape = inference()
        let sequences = tape.sequences(lengths: Self.lengths)
        #expect(sequences.count == 4)
        #expect(sequences.rowCount == 7)
        #expect(sequences.maximumLength == 4)
        #expect((0..<4).map { sequences[$0] } == [0..<2, 2..<2, 2..<6, 6..<7])
        #expect(Array(tape.positions(sequences).buffer) == [0, 1, 0, 1, 2, 3, 0])
        #expect(Array(tape.positions(sequences, fromEnd: true).buffer) == [1, 0, 3, 2, 1, 0, 0])
        #expect(Array(tape.owners(sequences).buffer) == [0, 0, 2, 2, 2, 2, 3])
    }

    @Test("recurrent layers walk the longest sequences first, a step of all at a time")
    func timeMajor() {
        let tape = inference()
        let order = TimeMajorOrder(tape.sequences(lengths: Self.lengths), tape)
        #expect((0..<order.stepCount).map { order[$0] } == [0..<3, 3..<5, 5..<6, 6..<7])
        #expect(Array(order.rows.buffer) == [2, 0, 6, 3, 1, 4, 5])
        #expect(TimeMajorOrder(tape.sequences(lengths: [0, 0]), tape).stepCount == 0)
        #expect(TimeMajorOrder(tape.sequences(lengths: [Int32]()), tape).stepCount == 0)
    }

    @Test("distances have the buckets that they are said to have")
    func buckets() {
        let tape = inference()
        let relative = AttentionBias(tape.constant(rows: 1, columns: 5), .relative)
        #expect([-9, -2, -1, 0, 1, 2, 9].map { relative.bucket(query: 9, key: 9 + $0) } == [0, 0, 1, 2, 3, 4, 4])
        let octaves = AttentionBias(tape.constant(rows: 1, columns: 6), .logarithmic(fineness: 0))
        #expect(
            [0, 1, 2, 3, 6, 7, 14, 15, 31, 1_000_000].map { octaves.bucket(query: 0, key: $0) }
                == [0, 1, 1, 2, 2, 3, 3, 4, 5, 5])
        #expect(octaves.bucket(query: 7, key: 0) == 3, "of either sign")
        let finer = AttentionBias(tape.constant(rows: 1, columns: 9), .logarithmic(fineness: 1))
        #expect(
            [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 100].map { finer.bucket(query: 0, key: $0) }
                == [0, 2, 3, 4, 4, 5, 5, 6, 6, 7, 8])
    }

    // MARK: Gradients

    @Test("recurrent layers against finite differences")
    func recurrent() {
        func weights(_ gates: Int) -> [Matrix] {
            [
                .random(Self.rows, 3, seed: 1), .random(gates * 2, 3, seed: 2), .random(gates * 2, 2, seed: 3),
                .random(1, gates * 2, seed: 4),
            ]
        }
        for columns in [1, 2] {
            expectDerivatives(of: weights(4) + [.random(Self.rows, columns, seed: 5)]) { tape, x in
                tape.lstm(
                    x[0], tape.sequences(lengths: Self.lengths), inputWeight: x[1], stateWeight: x[2], bias: x[3],
                    decay: x[4])
            }
        }
        expectDerivatives(of: weights(3) + [.random(1, 2, seed: 5)]) { tape, x in
            tape.gru(
                x[0], tape.sequences(lengths: Self.lengths), inputWeight: x[1], stateWeight: x[2], bias: x[3],
                candidateBias: x[4])
        }
    }

    private static let stream = RandomStream(seed: 3, "attention")

    @Test("attention against finite differences", arguments: [Float(0), 0.4], [false, true])
    func attention(dropout: Float, causal: Bool) {
        let inputs: [Matrix] = [
            .random(Self.rows, 4, seed: 1), .random(Self.rows, 4, seed: 2), .random(Self.rows, 6, seed: 3),
            .random(2, 3, seed: 4), .random(2, 4, seed: 5),
        ]
        expectDerivatives(of: inputs, stream: Self.stream) { tape, x in
            tape.attention(
                x[0], x[1], x[2], tape.sequences(lengths: Self.lengths), heads: 2, causal: causal,
                positionBias: AttentionBias(x[3], .relative),
                timeBias: AttentionBias(
                    x[4], .logarithmic(fineness: 0), at: tape.indices([0, 9, 0, 1, 4, 90, 0])), dropout: dropout)
        }
    }

    @Test("attention of a tensor to itself: its three gradients add up")
    func selfAttention() {
        expectDerivatives(of: [.random(Self.rows, 4, seed: 1)]) { tape, x in
            tape.attention(x[0], x[0], x[0], tape.sequences(lengths: Self.lengths), heads: 2)
        }
    }

    @Test("rows and products by sequence against finite differences")
    func rowsAndProducts() {
        let x = [Matrix.random(Self.rows, 3, seed: 1)]
        expectDerivatives(of: x) { tape, x in tape.lastRows(x[0], tape.sequences(lengths: Self.lengths)) }
        expectDerivatives(of: x) { tape, x in tape.meanRows(x[0], tape.sequences(lengths: Self.lengths)) }
        expectDerivatives(of: x) { tape, x in tape.softmax(x[0], within: tape.sequences(lengths: Self.lengths)) }
        expectDerivatives(of: x) { tape, x in tape.rows(tape.indices([6, -1, 0, 6]), of: x[0]) }
        expectDerivatives(of: x) { tape, x in tape.columns(1..<3, of: x[0]) }
        expectDerivatives(of: x) { tape, x in tape.softmax(x[0], lengths: tape.indices([3, 1, 0, 2, 3, 2, 1])) }
        expectDerivatives(of: x) { tape, x in
            tape.softmax(
                x[0],
                mask: tape.constant((0..<21).map { $0 % 4 == 0 || $0 / 3 == 2 ? 0 : 1 }, rows: 7, columns: 3))
        }
        expectDerivatives(of: x + [.random(12, 2, seed: 2)]) { tape, x in
            tape.matmul(x[0], x[1], within: tape.sequences(lengths: Self.lengths))
        }
        expectDerivatives(of: x) { tape, x in
            tape.matmulTransposed(x[0], x[0], within: tape.sequences(lengths: Self.lengths))
        }
        expectDerivatives(of: x + [.random(5, 3, seed: 2)]) { tape, x in
            tape.innerProducts(
                x[0], tape.sequences(lengths: Self.lengths), x[1], tape.sequences(lengths: [1, 2, 0, 2]))
        }
    }

    @Test("cross entropy over a table against finite differences, twice on the same states")
    func tableLosses() {
        expectDerivatives(of: [.random(6, 3, seed: 1), .random(5, 3, seed: 2)], batchCount: 9) { tape, x in
            let targets = tape.indices([4, 0, 2, -1, 2, 1])
            return tape.softmaxCrossEntropy(x[0], over: x[1], targets: targets)
                + tape.softmaxCrossEntropy(x[0], over: x[1], targets: targets)
        }
        let table = EmbeddingTable(rowCount: 5, width: 3, .constant(0), stream: RandomStream(key: 0))
        table.values = Matrix.random(5, 3, seed: 2).values
        for perRow in [nil, 2] as [Int?] {
            expectDerivatives(of: [.random(3, 3, seed: 1)], batchCount: 9) { tape, x in
                tape.sampledSoftmaxCrossEntropy(
                    x[0], over: table, targets: tape.indices([4, 0, 2]), negatives: tape.indices([1, 2, 3, 3, 2, 0]),
                    perRow: perRow)
            }
        }
    }

    /// Two inputs of five candidates, functions of their row alone.
    private static func wide(_ weights: Tensor) -> WideInput {
        WideInput(weights: weights) { rows, inputs in
            for feature in 0..<2 {
                for row in rows {
                    for candidate in 0..<5 {
                        inputs[(feature * rows.count + row - rows.lowerBound) * 5 + candidate] =
                            Matrix.random(1, 5, seed: 10 * feature + row).values[candidate]
                    }
                }
            }
        }
    }

    @Test("cross entropy with a wide input against finite differences; what is scored is what was learned")
    func wideInput() {
        let inputs: [Matrix] = [.random(6, 3, seed: 1), .random(5, 3, seed: 2), .random(6, 2, seed: 3)]
        let targets: [Int32] = [4, 0, 2, -1, 2, 1]
        expectDerivatives(of: inputs, batchCount: 9) { tape, x in
            tape.softmaxCrossEntropy(
                x[0], over: x[1], targets: tape.indices(targets), wide: Self.wide(x[2]))
        }
        let tape = inference()
        let x = inputs.map { tape.constant($0.values, rows: $0.rows, columns: $0.columns) }
        let logits = tape.matmul(x[0], x[1], transposed: true)
        tape.add(Self.wide(x[2]), to: logits)
        let loss = tape.softmaxCrossEntropy(
            x[0], over: x[1], targets: tape.indices(targets), wide: Self.wide(x[2]))
        let expected = targets.enumerated().filter { $0.element >= 0 }.reduce(0.0) { sum, target in
            let row = (0..<5).map { Double(logits[target.offset * 5 + $0]) }
            let total = row.reduce(0) { $0 + Foundation.exp($1) }
            return sum + Foundation.log(total) - row[Int(target.element)]
        }
        #expect(abs(loss - expected) < 1e-4)
    }

    @Test("a table's rows are scored where they lie")
    func tableRows() {
        let table = EmbeddingTable(rowCount: 3, width: 2, .constant(0), stream: RandomStream(key: 0))
        table.values = [1, 2, 3, 4, 5, 6]
        let outcome = run([Matrix(2, 2, [1, 0, -1, 2]).parameter], upstream: [1, 0, 0, 0, 0, 1]) { tape, x in
            tape.matmul(x[0], tape.constant(table), transposed: true)
        }
        #expect(outcome.value == [1, 3, 5, 3, 5, 7])
        #expect(outcome.gradients == [[1, 2, 5, 6]])
    }

    @Test("a table larger than a block of logits")
    func largeTable() {
        // 600 states, in blocks of at most 512.
        let states = Matrix.random(600, 2, seed: 1), table = Matrix.random(40, 2, seed: 2)
        let targets = (0..<600).map { Int32($0 * 7 % 40) }
        let whole = run([states.parameter, table.parameter], batchCount: 600) { tape, x in
            tape.softmaxCrossEntropy(x[0], over: x[1], targets: tape.indices(targets))
        }
        let reference = run([states.parameter, table.parameter], batchCount: 600) { tape, x in
            tape.softmaxCrossEntropy(tape.matmul(x[0], x[1], transposed: true), targets: tape.indices(targets))
        }
        expectClose(whole.value, reference.value)
        for (found, expected) in zip(whole.gradients, reference.gradients) {
            expectClose(found, expected, absolute: 1e-6, relative: 1e-4)
        }
    }

    @Test("counts fade and add up; their logarithms are those of the library")
    func countKernels() {
        var sums: [Float] = [1, 2, 3, 4]
        mq_walk_counts(0.5, [3, 1] as [Int32], [10, 20] as [Float], 2, &sums, 4)
        #expect(sums == [0.5, 21, 1.5, 12])
        let floors = (0..<3000).map { Foundation.exp(Float($0) / 50 - 20) }
        var logarithms = [Float](repeating: 0, count: floors.count)
        mq_log_counts(0, [Float](repeating: 7, count: floors.count), floors, &logarithms, floors.count)
        expectClose(logarithms, floors.map { Foundation.log($0) }, absolute: 2e-7, relative: 3e-7)
    }

    // MARK: Training

    /// Sequences that count upward from a random item: the next one is one more.
    struct Counter: Module {
        static let items = 12
        let items: EmbeddingTable
        let positions: PositionalEmbedding
        let encoder: TransformerEncoderLayer
        let bias: Parameter
        let recurrent: LSTM
        let gru: GRU

        init(dropout: Float) {
            var stream = RandomStream(seed: 1, "counter")
            items = EmbeddingTable(
                rowCount: Self.items, width: 8, .normal(deviation: 0.3), stream: RandomStream(key: stream.next()))
            positions = PositionalEmbedding(4, 8, stream: &stream)
            encoder = TransformerEncoderLayer(
                8, heads: 2, feedForward: 8, normFirst: true, dropout: dropout, stream: &stream)
            bias = Parameter(rows: 2, columns: 7, .constant(0), stream: stream)
            recurrent = LSTM(8, 8, stream: &stream)
            gru = GRU(8, 8, stream: &stream)
        }

        func states(_ ids: Indices, _ sequences: SequenceLayout, _ tape: Tape) -> Tensor {
            let x = tape.add(tape.gather(items[ids]), positions(sequences, tape))
            let encoded = encoder(
                x, sequences, causal: true, positionBias: AttentionBias(tape(bias), .relative), tape)
            return gru(recurrent(encoded, sequences, tape), sequences, tape)
        }
    }

    final class CounterRun: Sendable {
        static let lengths: [Int32] = [3, 1, 6, 2, 5, 4, 2, 7]
        let network: Counter
        let optimizer: Optimizer
        let parameters: ModuleParameters
        nonisolated(unsafe) let crew: Crew  // Used by one test alone.
        let sampled: Bool

        init(workers: Int, dropout: Float = 0, sampled: Bool = false) {
            network = Counter(dropout: dropout)
            parameters = ModuleParameters(of: network)
            crew = Crew(pool: WorkerPool(workerCount: workers))
            var options = Optimizer.Options()
            options.rate = 0.01
            optimizer = Optimizer(options, for: parameters, crew: crew)
            self.sampled = sampled
        }

        /// This worker's whole sequences; returns its part of the loss.
        @discardableResult
        func step(_ step: Int, _ tape: Tape) -> Double {
            let shard = crew.pool.shard(tape.worker, of: Self.lengths.count)
            tape.begin(batchCount: 30, stream: RandomStream(seed: 5, "step", step))
            let lengths = tape.indices(shard.count)
            lengths.fill { for k in 0..<$0.count { $0[k] = Self.lengths[shard.lowerBound + k] } }
            let sequences = tape.sequences(lengths: lengths)
            let draws = RandomStream(seed: 6, "start", step)
            let ids = tape.indices(sequences.rowCount), targets = tape.indices(sequences.rowCount)
            for s in 0..<sequences.count {
                let start = Int(draws.integer(at: UInt64(shard.lowerBound + s), below: Counter.items))
                for (k, row) in sequences[s].enumerated() {
                    ids.buffer[row] = Int32((start + k) % Counter.items)
                    targets.buffer[row] = Int32((start + k + 1) % Counter.items)
                }
            }
            let states = network.states(ids, sequences, tape)
            let loss: Double
            if sampled {
                let negatives = tape.indices(8)
                for k in 0..<8 { negatives.buffer[k] = Int32(draws.integer(at: UInt64(100 + k), below: 12)) }
                loss = tape.sampledSoftmaxCrossEntropy(
                    states, over: network.items, targets: targets, negatives: negatives)
            } else {
                loss = tape.softmaxCrossEntropy(states, over: network.items, targets: targets)
            }
            tape.backward()
            optimizer.update(tape)
            return loss
        }

        /// The mean loss of the last step.
        func train(_ steps: Range<Int>) -> Double {
            let losses = PerWorker<Double>(crew)
            for step in steps { crew.run { losses[$0] = self.step(step, $0) } }
            return crew.tapes.reduce(0) { $0 + (losses[$1] ?? .nan) } / 30
        }
    }

    @Test("a stack of every sequence layer learns to count", arguments: [false, true])
    func learns(sampled: Bool) {
        let run = CounterRun(workers: 2, sampled: sampled)
        #expect(run.train(0..<1) > 1.5)
        #expect(run.train(1..<400) < 0.1)
    }

    @Test("same seed and worker count, same bits", arguments: [1, 2, 3])
    func deterministic(workers: Int) {
        let runs = (0..<2).map { _ in CounterRun(workers: workers, dropout: 0.2) }
        let start = runs[0].parameters.tensors()
        for run in runs { _ = run.train(0..<10) }
        #expect(runs[0].parameters.tensors() == runs[1].parameters.tensors())
        for (name, tensor) in runs[0].parameters.tensors() { #expect(tensor != start[name], "\(name) never moved") }
    }

    @Test("shards of whole sequences add up to the batch", arguments: [2, 3, 8])
    func shards(workers: Int) {
        let (one, many) = (CounterRun(workers: 1), CounterRun(workers: workers))
        let (first, second) = (one.train(0..<1), many.train(0..<1))
        #expect(abs(first - second) < 1e-5)
        #expect(abs(one.train(1..<4) - many.train(1..<4)) < 1e-3)
    }

    @Test(
        "a step allocates nothing after warm-up",
        .enabled(if: TrainingTests.isOptimized && allocations_of_this_thread() >= 0),
        arguments: [false, true])
    func allocations(sampled: Bool) {
        let run = CounterRun(workers: 2, dropout: 0.1, sampled: sampled)
        _ = run.train(0..<20)
        let counts = PerWorker<Int>(run.crew)
        run.crew.run { tape in
            let before = allocations_of_this_thread()
            for step in 20..<40 { run.step(step, tape) }
            counts[tape] = allocations_of_this_thread() - before
        }
        #expect(run.crew.tapes.map { counts[$0] } == [0, 0])
    }
}

internal import CAllocationCounter
internal import Foundation
internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

/// A small network with every kind of layer: two tables, linear layers, normalization and dropout.
struct SmallNetwork: Module {
    let users, items: EmbeddingTable
    let hidden: [Linear]
    let norm: BatchNorm1d
    let scale: LayerNorm
    let output: Linear

    init(seed: UInt64) {
        var stream = RandomStream(seed: seed, "network")
        users = EmbeddingTable(
            rowCount: 40, width: 8, .normal(deviation: 0.1), stream: RandomStream(key: stream.next()))
        items = EmbeddingTable(
            rowCount: 30, width: 5, .normal(deviation: 0.1), stream: RandomStream(key: stream.next()))
        hidden = [Linear(13, 16, stream: &stream), Linear(16, 8, stream: &stream)]
        norm = BatchNorm1d(16)
        scale = LayerNorm(8)
        output = Linear(8, 1, stream: &stream)
    }

    func logits(_ users: Indices, _ items: Indices, _ tape: Tape) -> Tensor {
        var x = tape.concat(self.users[users], self.items[items])
        x = norm(hidden[0](x, tape, relu: true), tape, dropout: 0.2)
        x = tape.dropout(tape.activate(hidden[1](x, tape), .gelu), rate: 0.1)
        return output(scale(x, tape), tape)
    }
}

/// A run that can be continued: everything at a step is a function of the seed and the step.
final class SmallRun: Sendable {
    static let batch = 64
    let network: SmallNetwork
    let parameters: ModuleParameters
    let optimizer: Optimizer
    let pool: WorkerPool
    nonisolated(unsafe) let crew: Crew  // Used by one test alone.

    init(workers: Int, options: Optimizer.Options = .init(), seed: UInt64 = 1) {
        network = SmallNetwork(seed: seed)
        parameters = ModuleParameters(of: network)
        pool = WorkerPool(workerCount: workers)
        crew = Crew(pool: pool)
        optimizer = Optimizer(options, for: parameters, crew: crew)
    }

    /// One worker's part of a step.
    func step(_ step: Int, _ tape: Tape) {
        let draws = RandomStream(seed: 9, "batch", step)
        let shard = pool.shard(tape.worker, of: Self.batch)
        tape.begin(batchCount: Self.batch, stream: RandomStream(seed: 9, "dropout", step))
        let users = tape.indices(shard.count)
        users.fill { ids in
            for i in 0..<ids.count { ids[i] = Int32(draws.integer(at: UInt64(shard.lowerBound + i), below: 40)) }
        }
        let items = tape.indices(shard.count)
        items.fill { ids in
            for i in 0..<ids.count { ids[i] = Int32(draws.integer(at: UInt64(1000 + shard.lowerBound + i), below: 30)) }
        }
        let labels = tape.constant(rows: shard.count)
        labels.fill { labels in
            for i in 0..<labels.count { labels[i] = (Int(users[i]) + Int(items[i])) % 2 == 0 ? 1 : 0 }
        }
        _ = tape.binaryCrossEntropy(network.logits(users, items, tape), labels: labels)
        tape.backward()
        optimizer.update(tape)
    }

    func train(_ steps: Range<Int>) {
        for step in steps { crew.run { self.step(step, $0) } }
    }
}

@Suite("Training")
struct TrainingTests {
    static let rules: [UpdateRule] = {
        var keeping = UpdateRule.Adam()
        keeping.sleep = .keep
        var decoupled = UpdateRule.Adam()
        decoupled.decoupled = true
        return [.sgd(), .sgd(momentum: 0.9), .adagrad(), .adam(), .adam(keeping), .adam(decoupled)]
    }()

    @Test("same seed and worker count, same bits after 50 steps", arguments: [1, 2, 3])
    func deterministic(workers: Int) {
        var options = Optimizer.Options()
        options.clipping = 0.5
        options.weightDecay = 1e-3
        let runs = (0..<2).map { _ in SmallRun(workers: workers, options: options) }
        let start = runs[0].parameters.tensors()
        for run in runs { run.train(0..<50) }
        #expect(runs[0].parameters.tensors() == runs[1].parameters.tensors())
        #expect(runs[0].optimizer.tensors() == runs[1].optimizer.tensors())
        for (name, tensor) in runs[0].parameters.tensors() { #expect(tensor != start[name], "\(name) never moved") }
    }

    @Test("another seed, other weights")
    func seeds() {
        #expect(
            SmallRun(workers: 1, seed: 1).parameters.tensors() != SmallRun(workers: 1, seed: 2).parameters.tensors())
    }

    @Test("saved and restored, a run goes on bit for bit", arguments: rules)
    func resumed(rule: UpdateRule) throws {
        var options = Optimizer.Options()
        options.rule = rule
        options.rate = 0.01
        options.schedule = .cosine(total: 60)
        options.clipping = 1
        let whole = SmallRun(workers: 2, options: options)
        whole.train(0..<40)
        let first = SmallRun(workers: 2, options: options)
        first.train(0..<23)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("checkpoint.safetensors")
        try Safetensors(tensors: first.parameters.tensors().merging(first.optimizer.tensors()) { $1 }).write(to: file)
        // Another seed: nothing of the fresh run may survive the restoring.
        let second = SmallRun(workers: 2, options: options, seed: 77)
        let saved = try Safetensors(contentsOf: file).tensors
        try second.parameters.restore(saved)
        try second.optimizer.restore(saved)
        #expect(second.optimizer.step == 23)
        second.train(23..<40)
        #expect(second.parameters.tensors() == whole.parameters.tensors())
        #expect(second.optimizer.tensors() == whole.optimizer.tensors())
    }

    @Test("each rule fits a regression that a line can fit", arguments: rules)
    func regression(rule: UpdateRule) {
        let x = Matrix.random(64, 3, seed: 1)
        let y = (0..<64).map { row -> Float in
            let features = x.slice(row..<row + 1).values
            return 0.5 * features[0] - 2 * features[1] + features[2] + 0.25
        }
        var stream = RandomStream(seed: 1, "regression")
        let layer = Linear(3, 1, stream: &stream)
        var options = Optimizer.Options()
        options.rule = rule
        options.rate =
            switch rule {
            case .sgd(let momentum): momentum == 0 ? 0.1 : 0.02
            case .adagrad: 0.5
            case .adam: 0.05
            }
        let loss = train(options, layer, x, y, steps: 400) { layer($0, $1) }
        #expect(loss < 1e-6)
        expectClose(layer.weight.values + layer.bias.values, [0.5, -2, 1, 0.25], absolute: 1e-2)
    }

    @Test("a network learns what a line cannot: exclusive or")
    func exclusiveOr() {
        struct Perceptron: Module {
            let hidden, output: Linear
        }
        var stream = RandomStream(seed: 3, "xor")
        let network = Perceptron(hidden: Linear(2, 8, stream: &stream), output: Linear(8, 1, stream: &stream))
        var options = Optimizer.Options()
        options.rate = 0.03
        let loss = train(options, network, Matrix(4, 2, [0, 0, 0, 1, 1, 0, 1, 1]), [0, 1, 1, 0], steps: 500) {
            network.output($1.activate(network.hidden($0, $1), .tanh), $1)
        }
        #expect(loss < 1e-4)
    }

    @Test("tables learn from the rows of their batches", arguments: rules)
    func tables(rule: UpdateRule) {
        // Row i of the table is to become [i, -i]; each step sees seven rows, some of them twice.
        let table = EmbeddingTable(rowCount: 10, width: 2, .constant(0), stream: RandomStream(key: 0))
        var options = Optimizer.Options()
        options.rule = rule
        options.rate =
            switch rule {
            case .sgd(let momentum): momentum == 0 ? 0.5 : 0.1
            case .adagrad: 2
            case .adam: 0.1
            }
        options.schedule = .cosine(total: 1500)
        let pool = WorkerPool(workerCount: 2)
        let crew = Crew(pool: pool)
        let optimizer = Optimizer(options, for: ModuleParameters(of: Table(table: table)), crew: crew)
        for step in 0..<1500 {
            let draws = RandomStream(seed: 2, "rows", step)
            let ids = (0..<7).map { Int32(draws.integer(at: UInt64($0), below: 10)) }
            crew.run { tape in
                let ids = Array(ids[pool.shard(tape.worker, of: 7)])
                tape.begin(batchCount: 7)
                tape.squaredError(
                    tape.gather(table[tape.indices(ids)]),
                    targets: tape.constant(ids.flatMap { [Float($0), -Float($0)] }, rows: ids.count, columns: 2))
                tape.backward()
                optimizer.update(tape)
            }
        }
        expectClose(table.values, (0..<10).flatMap { [Float($0), -Float($0)] }, absolute: 0.02)
    }

    private func train(
        _ options: Optimizer.Options, _ module: any Module, _ x: Matrix, _ y: [Float], steps: Int,
        _ forward: @Sendable (Tensor, Tape) -> Tensor
    ) -> Double {
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let optimizer = Optimizer(options, for: ModuleParameters(of: module), crew: crew)
        let loss = PerWorker<Double>(crew)
        for _ in 0..<steps {
            crew.run { tape in
                tape.begin(batchCount: x.rows)
                let prediction = forward(tape.constant(x.values, rows: x.rows, columns: x.columns), tape)
                loss[tape] = tape.squaredError(prediction, targets: tape.constant(y, rows: x.rows)) / Double(x.rows)
                tape.backward()
                optimizer.update(tape)
            }
        }
        return loss[crew.tapes[0]] ?? .nan
    }

    // MARK: Memory

    @Test("an arena grows no more after the first steps")
    func arena() {
        let run = SmallRun(workers: 2)
        run.train(0..<5)
        let capacities = run.crew.tapes.map(\.arena.capacity)
        run.train(5..<50)
        #expect(run.crew.tapes.map(\.arena.capacity) == capacities)
        #expect(capacities.allSatisfy { $0 > 0 })
    }

    /// Counted by a malloc of the test program's own, thread by thread, over 30 steps of a region.
    /// Swift keeps its temporaries on the stack only where it optimizes, so a debug build skips this.
    @Test(
        "a step allocates nothing after warm-up",
        .enabled(if: TrainingTests.isOptimized && allocations_of_this_thread() >= 0))
    func allocations() {
        let start = allocations_of_this_thread()
        let run = SmallRun(workers: 2)
        #expect(allocations_of_this_thread() > start, "nothing is counted")
        let counts = PerWorker<Int>(run.crew)
        run.train(0..<20)
        run.crew.run { tape in
            let before = allocations_of_this_thread()
            for step in 20..<50 { run.step(step, tape) }
            counts[tape] = allocations_of_this_thread() - before
        }
        #expect(run.crew.tapes.map { counts[$0] } == [0, 0])
    }

    #if DEBUG
        static let isOptimized = false
    #else
        static let isOptimized = true
    #endif
}

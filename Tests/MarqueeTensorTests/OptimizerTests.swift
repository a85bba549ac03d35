internal import Foundation
internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

@Suite("Optimizers")
struct OptimizerTests {
    /// Dense Adam's moments in double precision, weights moving only where a batch touches them.
    struct SleepingAdam {
        var weights, m, v: [Double]
        let width: Int

        mutating func step(_ step: Int, rate: Double, gradients: [Int32: [Double]]) {
            for index in m.indices {
                let gradient = gradients[Int32(index / width)]?[index % width]
                m[index] = 0.9 * m[index] + 0.1 * (gradient ?? 0)
                v[index] = 0.999 * v[index] + 0.001 * (gradient ?? 0) * (gradient ?? 0)
                guard gradient != nil else { continue }
                let first = 1 - pow(0.9, Double(step))
                let second = 1 - pow(0.999, Double(step))
                weights[index] -= rate * (m[index] / first) / ((v[index] / second).squareRoot() + 1e-8)
            }
        }
    }

    /// 8 and 16 are widths that the kernels unroll.
    @Test("rows that slept forget as dense Adam's do", arguments: [3, 8, 16], 1...2)
    func forgetting(width: Int, workers: Int) {
        let rowCount = 50
        let table = EmbeddingTable(
            rowCount: rowCount, width: width, .normal(deviation: 1), stream: RandomStream(seed: 1, "table"))
        var reference = SleepingAdam(
            weights: table.values.map(Double.init), m: .init(repeating: 0, count: rowCount * width),
            v: .init(repeating: 0, count: rowCount * width), width: width)
        var options = Optimizer.Options()
        options.rate = 0.01
        let pool = WorkerPool(workerCount: workers)
        let crew = Crew(pool: pool)
        let optimizer = Optimizer(options, for: ModuleParameters(of: Table(table: table)), crew: crew)
        for step in 1...200 {
            let draws = RandomStream(seed: 4, "ids", step)
            // A few rows a step, low ones often, high ones after long sleeps.
            let ids = (0..<6).map { draw -> Int32 in
                let unit = draws.unit(at: UInt64(draw))
                return Int32(unit * unit * unit * Double(rowCount))
            }
            let upstream = Matrix.random(6, width, seed: 1000 + step).values
            var sums: [Int32: [Double]] = [:]
            for (index, id) in ids.enumerated() {
                let gradient = upstream[index * width..<(index + 1) * width].map(Double.init)
                sums[id] = sums[id].map { zip($0, gradient).map(+) } ?? gradient
            }
            reference.step(step, rate: 0.01, gradients: sums)
            crew.run { tape in
                let shard = pool.shard(tape.worker, of: 6)
                tape.begin(batchCount: 6)
                let y = tape.gather(table[tape.indices(Array(ids[shard]))])
                tape.arrive(Array(upstream[shard.lowerBound * width..<shard.upperBound * width]), at: y)
                tape.backward()
                optimizer.update(tape)
            }
        }
        expectClose(table.values, reference.weights.map { Float($0) }, absolute: 5e-5)
    }

    @Test("keeping and forgetting part ways only after a sleep")
    func keeping() {
        func train(_ sleep: UpdateRule.Sleep, _ batches: [[Int32]]) -> [Float] {
            let table = EmbeddingTable(rowCount: 2, width: 1, .constant(0), stream: RandomStream(key: 0))
            var adam = UpdateRule.Adam()
            adam.sleep = sleep
            var options = Optimizer.Options()
            options.rule = .adam(adam)
            let crew = Crew(pool: WorkerPool(workerCount: 1))
            let optimizer = Optimizer(options, for: ModuleParameters(of: Table(table: table)), crew: crew)
            for ids in batches {
                crew.run { tape in
                    tape.begin(batchCount: 1)
                    let y = tape.gather(table[tape.indices(ids)])
                    tape.arrive(ids.map { _ in 1 }, at: y)
                    tape.backward()
                    optimizer.update(tape)
                }
            }
            return table.values
        }
        #expect(train(.keep, [[0, 1], [1, 0], [0, 1]]) == train(.forget, [[0, 1], [1, 0], [0, 1]]))
        let slept: [[Int32]] = [[0, 1], [1], [1], [1], [0, 1]]
        #expect(train(.keep, slept)[1] == train(.forget, slept)[1])
        #expect(train(.keep, slept)[0] != train(.forget, slept)[0])
    }

    @Test("more distinct rows than ever before, in one step, by many gathers", arguments: 1...3)
    func manyRows(workers: Int) {
        // Plain SGD at rate 1 leaves minus the sum of what arrived at each row.
        let table = EmbeddingTable(rowCount: 5000, width: 2, .constant(0), stream: RandomStream(key: 0))
        let other = EmbeddingTable(rowCount: 7, width: 3, .constant(0), stream: RandomStream(key: 0))
        struct Two: Module {
            let table, other: EmbeddingTable
        }
        var options = Optimizer.Options()
        options.rule = .sgd()
        options.rate = 1
        let pool = WorkerPool(workerCount: workers)
        let crew = Crew(pool: pool)
        let optimizer = Optimizer(options, for: ModuleParameters(of: Two(table: table, other: other)), crew: crew)
        var expected = ([Float](repeating: 0, count: 10000), [Float](repeating: 0, count: 21))
        for (step, count) in [3, 4000, 10, 0, 9000].enumerated() {
            let draws = RandomStream(seed: 8, "many", step)
            let ids = (0..<2 * count).map { Int32(draws.integer(at: UInt64($0), below: 5000)) }
            for id in ids {
                expected.0[Int(id) * 2] -= 1
                expected.0[Int(id) * 2 + 1] -= 1
                for column in 0..<3 { expected.1[Int(id % 7) * 3 + column] -= 1 }
            }
            crew.run { tape in
                let shard = pool.shard(tape.worker, of: count)
                let first = Array(ids[shard])
                let second = Array(ids[shard.lowerBound + count..<shard.upperBound + count])
                tape.begin(batchCount: 1)
                let y = tape.concat(
                    table[tape.indices(first)], other[tape.indices(first.map { $0 % 7 })],
                    table[tape.indices(second)], other[tape.indices(second.map { $0 % 7 })])
                tape.arrive([Float](repeating: 1, count: y.count), at: y)
                tape.backward()
                optimizer.update(tape)
            }
            #expect(table.values == expected.0)
            #expect(other.values == expected.1)
        }
    }

    @Test("clipping counts each row's summed gradient once", arguments: 1...2)
    func clippingRows(workers: Int) {
        let table = EmbeddingTable(rowCount: 4, width: 1, .constant(0), stream: RandomStream(key: 0))
        var options = Optimizer.Options()
        options.rule = .sgd()
        options.rate = 1
        options.clipping = 1
        let pool = WorkerPool(workerCount: workers)
        let crew = Crew(pool: pool)
        let optimizer = Optimizer(options, for: ModuleParameters(of: Table(table: table)), crew: crew)
        let ids: [Int32] = [0, 1, 1, 0]
        let upstream: [Float] = [1, 2, 2, 2]
        crew.run { tape in
            let shard = pool.shard(tape.worker, of: 4)
            tape.begin(batchCount: 1)
            let y = tape.gather(table[tape.indices(Array(ids[shard]))])
            tape.arrive(Array(upstream[shard]), at: y)
            tape.backward()
            optimizer.update(tape)
        }
        // Sums 3 and 4, norm 5.
        expectClose(table.values, [-0.6, -0.8, 0, 0], absolute: 1e-6)
    }

    @Test("weight decay spares biases and gains, and rows that no batch touches")
    func decay() {
        struct Mixed: Module {
            let linear: Linear
            let norm: BatchNorm1d
            let table: EmbeddingTable
        }
        var stream = RandomStream(seed: 1, "decay")
        let mixed = Mixed(
            linear: Linear(2, 2, .constant(1), stream: &stream), norm: BatchNorm1d(2),
            table: EmbeddingTable(rowCount: 3, width: 1, .constant(1), stream: RandomStream(key: 0)))
        let bias = mixed.linear.bias.values
        var options = Optimizer.Options()
        options.rule = .sgd()
        options.rate = 0.5
        options.weightDecay = 0.2
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let optimizer = Optimizer(options, for: ModuleParameters(of: mixed), crew: crew)
        crew.run { tape in
            tape.begin(batchCount: 1)
            // Gradients of zero everywhere, so that only decay moves anything.
            for parameter in ModuleParameters(of: mixed).dense.map(\.parameter) {
                tape.arrive([Float](repeating: 0, count: parameter.count), at: tape(parameter))
            }
            let y = tape.gather(mixed.table[tape.indices([1])])
            tape.arrive([0], at: y)
            tape.backward()
            optimizer.update(tape)
        }
        expectClose(mixed.linear.weight.values, [0.9, 0.9, 0.9, 0.9], absolute: 1e-7)
        #expect(mixed.linear.bias.values == bias)
        #expect(mixed.norm.gain.values == [1, 1] && mixed.norm.bias.values == [0, 0])
        expectClose(mixed.table.values, [1, 0.9, 1], absolute: 1e-7)
    }

    @Test("the schedule scales the rate of each step")
    func scheduled() {
        let parameter = Parameter(columns: 1, .constant(0), stream: RandomStream(key: 0))
        var options = Optimizer.Options()
        options.rule = .sgd()
        options.rate = 1
        options.schedule = .warmup(steps: 4)
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let optimizer = Optimizer(options, for: ModuleParameters(of: Weights(weight: parameter)), crew: crew)
        var moves: [Float] = []
        for _ in 0..<6 {
            let before = parameter.values[0]
            crew.run { tape in
                tape.begin(batchCount: 1)
                tape.arrive([-1], at: tape(parameter))
                optimizer.update(tape)
            }
            moves.append(parameter.values[0] - before)
        }
        expectClose(moves, [0.25, 0.5, 0.75, 1, 1, 1], absolute: 1e-6)
        #expect(LearningRateSchedule.cosine(total: 10).factor(at: 25) == 0)
        #expect(LearningRateSchedule.stepped(every: 0, factor: 0.5).factor(at: 1) == 0.5)
    }

    @Test("a checkpoint that does not fit changes nothing and names its tensor")
    func misfits() throws {
        let run = SmallRun(workers: 1)
        run.train(0..<3)
        let saved = run.optimizer.tensors()
        for (name, expected) in [
            ("optimizer.step", ModuleError.missing("optimizer.step")),
            ("optimizer.users", .missing("optimizer.users")),
            ("optimizer.items.touched", .missing("optimizer.items.touched")),
            ("optimizer.hidden.0.weight", .missing("optimizer.hidden.0.weight")),
        ] {
            #expect(throws: expected) { try run.optimizer.restore(saved.filter { $0.key != name }) }
        }
        var wrong = saved
        wrong["optimizer.items.touched"] = StoredTensor([Int32](repeating: 1, count: 3))
        #expect(throws: ModuleError.wrongShape("optimizer.items.touched", expected: [30], found: [3])) {
            try run.optimizer.restore(wrong)
        }
        wrong = saved.mapValues { $0 }
        wrong["optimizer.output.bias"] = StoredTensor([9, 9, 9], shape: [3])
        wrong["optimizer.hidden.0.weight"] = StoredTensor(
            [Float](repeating: 5, count: 13 * 16 * 2), shape: [13 * 16 * 2])
        #expect(throws: ModuleError.wrongShape("optimizer.output.bias", expected: [2], found: [3])) {
            try run.optimizer.restore(wrong)
        }
        #expect(run.optimizer.tensors() == saved)
    }
}

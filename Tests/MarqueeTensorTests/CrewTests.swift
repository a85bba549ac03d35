internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

@Suite("Across workers")
struct CrewTests {
    /// Shards of 37 rows: even, uneven, one without rows, one with a single row.
    static let shards: [[Int]] = [
        [37], [19, 18], [37, 0], [0, 37], [36, 1], [13, 12, 12], [30, 0, 7], [1, 1, 35],
    ]

    struct Normalized {
        var y, dx, dgain, dbias, mean, variance: [Float]
    }

    /// Batch normalization of one batch, cut into shards of these sizes.
    func normalize(_ sizes: [Int], x: Matrix, upstream: Matrix) -> Normalized {
        let layer = BatchNorm1d(x.columns)
        layer.gain.values = Matrix.random(1, x.columns, seed: 3).values
        layer.bias.values = Matrix.random(1, x.columns, seed: 4).values
        let starts = sizes.indices.map { sizes[..<$0].reduce(0, +) }
        let inputs = zip(starts, sizes).map { x.slice($0..<$0 + $1).parameter }
        let crew = Crew(pool: WorkerPool(workerCount: sizes.count))
        let results = PerWorker<(y: [Float], dx: [Float])>(crew)
        crew.run { tape in
            let range = starts[tape.worker]..<starts[tape.worker] + sizes[tape.worker]
            tape.begin(batchCount: x.rows)
            let x = tape(inputs[tape.worker])
            let y = layer(x, tape)
            tape.arrive(upstream.slice(range).values, at: y)
            tape.backward()
            results[tape] = (y.values, tape.gradientValues(x))
        }
        func sum(_ parameter: Parameter) -> [Float] {
            crew.tapes.map { $0.gradientValues($0(parameter)) }
                .reduce([Float](repeating: 0, count: parameter.count)) { zip($0, $1).map(+) }
        }
        return Normalized(
            y: crew.tapes.flatMap { results[$0]?.y ?? [] }, dx: crew.tapes.flatMap { results[$0]?.dx ?? [] },
            dgain: sum(layer.gain), dbias: sum(layer.bias), mean: layer.runningMean.values.values,
            variance: layer.runningVariance.values.values)
    }

    @Test("batch normalization is that of the whole batch", arguments: shards)
    func batchNorm(_ sizes: [Int]) {
        // Columns far from zero, where sums of squares would lose every digit.
        var x = Matrix.random(37, 5, seed: 1)
        for index in x.values.indices { x.values[index] += [0, 1, -10, 100, 1000][index % 5] }
        let upstream = Matrix.random(37, 5, seed: 2)
        let whole = reference(x, upstream)
        let found = normalize(sizes, x: x, upstream: upstream)
        // A float near 1000 is good to 6e-5, and everything downstream of it no better.
        expectClose(found.y, whole.y, absolute: 5e-4, "y")
        expectClose(found.dx, whole.dx, absolute: 5e-4, "dx")
        expectClose(found.dgain, whole.dgain, absolute: 2e-3, "gain")
        expectClose(found.dbias, whole.dbias, absolute: 1e-5, "bias")
        expectClose(found.mean, whole.mean, absolute: 1e-5, relative: 1e-6, "running mean")
        expectClose(found.variance, whole.variance, absolute: 1e-5, relative: 1e-4, "running variance")
    }

    /// The whole batch at once, in double precision.
    func reference(_ x: Matrix, _ upstream: Matrix) -> Normalized {
        let n = Double(x.rows)
        let gain = Matrix.random(1, x.columns, seed: 3).values.map(Double.init)
        let bias = Matrix.random(1, x.columns, seed: 4).values.map(Double.init)
        var result = Normalized(
            y: .init(repeating: 0, count: x.values.count), dx: .init(repeating: 0, count: x.values.count), dgain: [],
            dbias: [], mean: [], variance: [])
        for c in 0..<x.columns {
            let column = (0..<x.rows).map { Double(x.values[$0 * x.columns + c]) }
            let dy = (0..<x.rows).map { Double(upstream.values[$0 * x.columns + c]) }
            let mean = column.reduce(0, +) / n
            let squares = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let inverse = 1 / (squares / n + 1e-5).squareRoot()
            let normal = column.map { ($0 - mean) * inverse }
            let sum = dy.reduce(0, +)
            let projection = zip(dy, normal).reduce(0) { $0 + $1.0 * $1.1 }
            for r in 0..<x.rows {
                result.y[r * x.columns + c] = Float(normal[r] * gain[c] + bias[c])
                result.dx[r * x.columns + c] = Float(gain[c] * inverse * (dy[r] - sum / n - normal[r] * projection / n))
            }
            result.dgain.append(Float(projection))
            result.dbias.append(Float(sum))
            result.mean.append(Float(0.1 * mean))
            result.variance.append(Float(0.9 + 0.1 * squares / (n - 1)))
        }
        return result
    }

    @Test(
        "losses and weight gradients of shards add up to the whole batch's",
        arguments: [[12], [6, 6], [5, 4, 3], [12, 0]])
    func shardedLoss(_ sizes: [Int]) {
        let x = Matrix.random(12, 4, seed: 1)
        let labels = Matrix.random(12, 1, seed: 2).values.map { $0 > 0 ? Float(1) : 0 }
        let weight = Matrix.random(1, 4, seed: 3).parameter
        let bias = Matrix.random(1, 1, seed: 4).parameter
        func step(_ sizes: [Int]) -> (loss: Double, gradient: [Float]) {
            let starts = sizes.indices.map { sizes[..<$0].reduce(0, +) }
            let crew = Crew(pool: WorkerPool(workerCount: sizes.count))
            let losses = PerWorker<Double>(crew)
            crew.run { tape in
                let range = starts[tape.worker]..<starts[tape.worker] + sizes[tape.worker]
                tape.begin(batchCount: 12)
                let rows = tape.constant(x.slice(range).values, rows: range.count, columns: 4)
                let logits = tape.linear(rows, weight: tape(weight), bias: tape(bias))
                losses[tape] = tape.binaryCrossEntropy(
                    logits, labels: tape.constant(Array(labels[range]), rows: range.count))
                tape.backward()
            }
            let gradients = crew.tapes.map { $0.gradientValues($0(weight)) }
            return (
                crew.tapes.reduce(0) { $0 + (losses[$1] ?? .nan) } / 12,
                gradients.reduce([Float](repeating: 0, count: 4)) { zip($0, $1).map(+) }
            )
        }
        let whole = step([12])
        let found = step(sizes)
        #expect(abs(found.loss - whole.loss) < 1e-6)
        expectClose(found.gradient, whole.gradient, absolute: 1e-6)
    }

    @Test("an optimizer's shards give one worker's weights", arguments: 2...3)
    func shardedUpdates(workers: Int) {
        func train(_ workers: Int) -> [Float] {
            // 1,003 weights: no multiple of a shard's alignment.
            let parameter = Matrix.random(17, 59, seed: 1).parameter
            let crew = Crew(pool: WorkerPool(workerCount: workers))
            let optimizer = Optimizer(.init(), for: ModuleParameters(of: Weights(weight: parameter)), crew: crew)
            for step in 0..<5 {
                let gradient = Matrix.random(17, 59, seed: 10 + step).values
                crew.run { tape in
                    tape.begin(batchCount: 1)
                    // Only the last worker has a gradient at all.
                    if tape.worker == workers - 1 { tape.arrive(gradient, at: tape(parameter)) }
                    optimizer.update(tape)
                }
            }
            return parameter.values
        }
        #expect(train(workers) == train(1))
    }

    @Test("an inference tape records nothing and normalizes by the running statistics")
    func inference() {
        let layer = BatchNorm1d(3)
        layer.runningMean.values.values = [1, 2, 3]
        layer.runningVariance.values.values = [4, 9, 16]
        let tape = Tape()
        tape.begin(batchCount: 2)
        #expect(!tape.isTraining)
        let y = layer(tape.constant([1, 2, 3, 3, 5, 7], rows: 2, columns: 3), tape, dropout: 0.5)
        expectClose(y.values, [0, 0, 0, 1, 1, 1])
        tape.backward()
        #expect(tape.gradientValues(tape(layer.gain)) == [0, 0, 0])
    }
}

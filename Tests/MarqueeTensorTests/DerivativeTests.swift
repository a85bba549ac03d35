internal import Foundation
internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

/// Every operation against central finite differences, apart from any framework's idea of it.
@Suite("Gradients against finite differences")
struct DerivativeTests {
    static let activations: [Activation] = [
        .relu, .sigmoid, .tanh, .softplus, .gelu, .exponential, .leakyReLU(slope: 0.1),
    ]

    @Test("activations", arguments: activations)
    func activation(_ activation: Activation) {
        expectDerivatives(of: [.random(5, 7, seed: 1, gap: 0.05)]) { tape, x in tape.activate(x[0], activation) }
    }

    @Test("arithmetic")
    func arithmetic() {
        let pair = [Matrix.random(4, 5, seed: 1), .random(4, 5, seed: 2)]
        expectDerivatives(of: pair) { tape, x in tape.add(x[0], x[1], scale: -0.7) }
        expectDerivatives(of: pair) { tape, x in tape.multiply(x[0], x[1]) }
        expectDerivatives(of: pair) { tape, x in tape.dot(x[0], x[1]) }
        expectDerivatives(of: [.random(4, 5, seed: 1), .random(1, 5, seed: 2)]) { tape, x in tape.addBias(x[0], x[1]) }
        expectDerivatives(of: [.random(4, 5, seed: 1), .random(1, 5, seed: 2)]) { tape, x in
            tape.scaleColumns(x[0], by: x[1])
        }
        expectDerivatives(of: pair + [.random(4, 2, seed: 3)]) { tape, x in tape.mix([x[0], x[1]], weights: x[2]) }
        expectDerivatives(of: pair) { tape, x in
            tape.mix([x[0], x[0]], weights: tape.concat(tape.dot(x[0], x[1]), tape.dot(x[1], x[1])))
        }
        expectDerivatives(of: [.random(4, 5, seed: 1), .random(4, 3, seed: 2)]) { tape, x in tape.concat(x[0], x[1]) }
        expectDerivatives(of: [.random(4, 5, seed: 1)]) { tape, x in tape.scale(x[0], by: -2.5) }
        expectDerivatives(of: [.random(4, 5, seed: 1)]) { tape, x in tape.sumRows(x[0]) }
        expectDerivatives(of: [.random(4, 5, seed: 1)]) { tape, x in tape.mean(x[0]) }
        expectDerivatives(of: [.random(4, 5, seed: 1)]) { tape, x in tape.softmax(x[0]) }
    }

    @Test("products")
    func products() {
        let linear = [Matrix.random(6, 5, seed: 1), .random(4, 5, seed: 2), .random(1, 4, seed: 3)]
        expectDerivatives(of: linear) { tape, x in tape.linear(x[0], weight: x[1], bias: x[2]) }
        // Far from the kink: a bias of ±12 decides each column.
        let decided = [linear[0], linear[1], Matrix(1, 4, [12, -12, 12, -12])]
        expectDerivatives(of: decided) { tape, x in tape.linear(x[0], weight: x[1], bias: x[2], relu: true) }
        expectDerivatives(of: [.random(3, 4, seed: 1), .random(4, 5, seed: 2)]) { tape, x in tape.matmul(x[0], x[1]) }
        expectDerivatives(of: [.random(3, 4, seed: 1), .random(5, 4, seed: 2)]) { tape, x in
            tape.matmul(x[0], x[1], transposed: true)
        }
        expectDerivatives(of: [.random(6, 4, seed: 1), .random(1, 4, seed: 2)]) { tape, x in
            tape.matmul(x[0], x[1], transposed: true)
        }
        expectDerivatives(of: [.random(6, 4, seed: 1), .random(4, 1, seed: 2)]) { tape, x in
            tape.add(tape.matmul(x[0], x[1]), tape.matmul(x[0], x[1]), scale: 0.5)
        }
    }

    @Test("the hyperbolic tangent is within 2e-7 of itself, relatively")
    func hyperbolicTangent() {
        let points = (-4000...4000).map { Float($0) / 320 } + [1e-30, -1e-6, 88, -1000, .infinity]
        let tape = Tape()
        tape.begin(batchCount: 1, training: false)
        let values = tape.activate(tape.constant(points, rows: points.count), .tanh).values
        for (x, y) in zip(points, values) {
            let exact = tanh(Double(x))
            #expect(abs(Double(y) - exact) <= 2e-7 * abs(exact), "tanh \(x)")
        }
    }

    @Test("a ReLU whose bias is a constant")
    func constantBias() {
        expectDerivatives(of: [.random(6, 5, seed: 1), .random(2, 5, seed: 2)]) { tape, x in
            tape.linear(x[0], weight: x[1], bias: tape.constant([12, -12], rows: 1, columns: 2), relu: true)
        }
    }

    @Test("normalization, gains included")
    func normalization() {
        let columns = BatchNorm1d(4)
        let rows = LayerNorm(4)
        for (gain, bias) in [(columns.gain, columns.bias), (rows.gain, rows.bias)] {
            gain.values = [0.5, -1.5, 2, 1]
            bias.values = [0, 1, -1, 0.25]
        }
        let x = [Matrix.random(7, 4, seed: 1)]
        expectDerivatives(of: x, [columns.gain, columns.bias], tolerance: 5e-3) { tape, x in columns(x[0], tape) }
        expectDerivatives(of: x, [rows.gain, rows.bias], tolerance: 5e-3) { tape, x in rows(x[0], tape) }
    }

    @Test("dropout, by itself and fused into batch normalization")
    func dropout() {
        let stream = RandomStream(seed: 3, "dropout")
        let layer = BatchNorm1d(4)
        layer.gain.values = [0.5, -1.5, 2, 1]
        expectDerivatives(of: [.random(9, 31, seed: 1)], stream: stream) { tape, x in tape.dropout(x[0], rate: 0.4) }
        expectDerivatives(of: [.random(7, 4, seed: 1)], [layer.gain, layer.bias], tolerance: 5e-3, stream: stream) {
            tape, x in layer(x[0], tape, dropout: 0.4)
        }
    }

    @Test("losses")
    func losses() {
        let labels: [Float] = [1, 0, 0.3, 1, 0]
        let weights: [Float] = [1, 2, 0, 0.5, 3]
        let logits = Matrix.random(5, 1, seed: 1, scale: 3)
        expectDerivatives(of: [logits], batchCount: 7) { tape, x in
            tape.binaryCrossEntropy(x[0], labels: tape.constant(labels, rows: 5))
        }
        expectDerivatives(of: [logits], batchCount: 7) { tape, x in
            tape.binaryCrossEntropy(
                x[0], labels: tape.constant(labels, rows: 5), weights: tape.constant(weights, rows: 5))
        }
        expectDerivatives(of: [logits, .random(5, 1, seed: 2, scale: 3)], batchCount: 7) { tape, x in
            tape.bayesianPersonalizedRanking(positive: x[0], negative: x[1])
        }
        expectDerivatives(of: [.random(5, 4, seed: 3, scale: 3)], batchCount: 7) { tape, x in
            tape.softmaxCrossEntropy(x[0])
        }
        expectDerivatives(of: [.random(5, 4, seed: 3, scale: 3)], batchCount: 7) { tape, x in
            tape.softmaxCrossEntropy(x[0], targets: tape.indices([3, 0, 1, 1, 2]))
        }
        expectDerivatives(of: [.random(5, 4, seed: 3)], batchCount: 7) { tape, x in
            tape.squaredError(x[0], targets: tape.constant(Matrix.random(5, 4, seed: 4).values, rows: 5, columns: 4))
        }
        expectDerivatives(of: [.random(5, 4, seed: 3)], batchCount: 7) { tape, x in
            tape.squaredNorm(x[0], weight: 0.3)
        }
    }

    @Test("two losses on the same logits add up, with an operation between them")
    func severalLosses() {
        expectDerivatives(of: [.random(5, 1, seed: 1), .random(5, 1, seed: 2)], batchCount: 5) { tape, x in
            let labels = tape.constant([1, 0, 1, 0, 1], rows: 5)
            let first = tape.binaryCrossEntropy(x[0], labels: labels)
            let twice = tape.multiply(x[0], x[1])
            return first + tape.binaryCrossEntropy(twice, labels: labels)
                + tape.bayesianPersonalizedRanking(positive: x[0], negative: twice)
                + tape.squaredNorm(x[0], weight: 0.1)
        }
    }

    @Test("operations that read the same tensor twice")
    func sameTensorTwice() {
        let square = [Matrix.random(4, 4, seed: 1)]
        expectDerivatives(of: square) { tape, x in tape.add(x[0], x[0], scale: 0.5) }
        expectDerivatives(of: square) { tape, x in tape.multiply(x[0], x[0]) }
        expectDerivatives(of: square) { tape, x in tape.dot(x[0], x[0]) }
        expectDerivatives(of: [Matrix.random(1, 4, seed: 1)]) { tape, x in tape.scaleColumns(x[0], by: x[0]) }
        expectDerivatives(of: square) { tape, x in tape.concat(x[0], x[0]) }
        expectDerivatives(of: square) { tape, x in tape.matmul(x[0], x[0]) }
        expectDerivatives(of: square) { tape, x in tape.matmul(x[0], x[0], transposed: true) }
    }

    @Test("an input shared by every operation accumulates")
    func sharedInput() {
        let inputs = [
            Matrix.random(4, 4, seed: 1, gap: 0.05), .random(4, 4, seed: 2), .random(1, 4, seed: 3),
        ]
        let columns = BatchNorm1d(4)
        let rows = LayerNorm(4)
        expectDerivatives(of: inputs, [columns.gain, rows.bias], tolerance: 1e-2) { tape, x in
            let (a, b, bias) = (x[0], x[1], x[2])
            var sum = tape.linear(a, weight: b, bias: bias)
            sum = tape.add(sum, tape.matmul(a, b))
            sum = tape.add(sum, tape.matmul(b, a, transposed: true))
            sum = tape.add(sum, tape.addBias(tape.multiply(a, b), bias))
            sum = tape.add(sum, tape.activate(a, .gelu))
            sum = tape.add(sum, tape.activate(a, .leakyReLU(slope: 0.3)))
            sum = tape.add(sum, tape.scale(tape.softmax(a), by: 3))
            sum = tape.addBias(sum, tape.sumRows(a))
            sum = tape.add(sum, tape.dropout(a, rate: 0.3))
            sum = tape.add(sum, columns(a, tape))
            sum = tape.add(sum, rows(a, tape))
            let pairs = tape.reshape(tape.concat(a, b), rows: 8, columns: 4)
            return tape.concat(tape.matmul(sum, a), tape.reshape(tape.dot(pairs, pairs), rows: 4, columns: 2))
        }
    }

    @Test("a parameter used by two layers of one step")
    func parameterTwice() {
        expectDerivatives(
            of: [.random(3, 4, seed: 1), .random(4, 4, seed: 2, scale: 0.5), .random(1, 4, seed: 3)]
        ) { tape, x in
            let first = tape.activate(tape.linear(x[0], weight: x[1], bias: x[2]), .tanh)
            return tape.linear(first, weight: x[1], bias: x[2])
        }
    }

    @Test("results that nobody reads send nothing back")
    func unread() {
        let outcome = run(
            [Matrix.random(3, 3, seed: 1).parameter, Matrix.random(3, 3, seed: 2).parameter],
            upstream: .init(repeating: 1, count: 9)
        ) { tape, x in
            _ = tape.matmul(x[0], x[1])
            return tape.scale(x[0], by: 2)
        }
        #expect(outcome.gradients[0] == .init(repeating: 2, count: 9))
        #expect(outcome.gradients[1] == .init(repeating: 0, count: 9))
    }

    @Test("gathers: repeated ids, one table twice in a concatenation, and ids that are slices")
    func gathers() throws {
        let table = EmbeddingTable(rowCount: 6, width: 3, .normal(deviation: 1), stream: RandomStream(seed: 1, "a"))
        let other = EmbeddingTable(rowCount: 4, width: 2, .normal(deviation: 1), stream: RandomStream(seed: 1, "b"))
        let start = (table.values, other.values)
        let crew = Crew(pool: WorkerPool(workerCount: 1))
        let upstream = Matrix.random(4, 8, seed: 5).values
        func objective(backward: Bool) -> Double {
            let tape = crew.tapes[0]
            tape.begin(batchCount: 4)
            let ids = tape.indices([9, 2, 5, 2, 2, 5, 5, 0, 2])
            let y = tape.multiply(
                tape.concat(table[ids[1..<5]], other[tape.indices([3, 3, 0, 3])], table[ids[5..<9]]),
                tape.concat(table[ids[1..<5]], other[tape.indices([3, 3, 0, 3])], table[ids[5..<9]]))
            if backward {
                tape.arrive(upstream, at: y)
                tape.backward()
            }
            return zip(y.values, upstream).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        withExtendedLifetime(crew) {
            _ = objective(backward: true)
            let found = (crew.tapes[0].gradientValues(table), crew.tapes[0].gradientValues(other))
            for (table, start, found) in [(table, start.0, found.0), (other, start.1, found.1)] {
                let differences = start.indices.map { index -> Float in
                    var moved = start
                    moved[index] = start[index] + 0x1p-7
                    table.values = moved
                    let above = objective(backward: false)
                    moved[index] = start[index] - 0x1p-7
                    table.values = moved
                    defer { table.values = start }
                    return Float((above - objective(backward: false)) / 0x1p-6)
                }
                expectClose(found, differences, absolute: 2e-3, relative: 2e-3)
            }
        }
    }

    @Test("an empty shard flows through everything")
    func emptyShard() {
        let table = EmbeddingTable(rowCount: 2, width: 3, .constant(1), stream: RandomStream(key: 0))
        let inputs = [Matrix.random(1, 3, seed: 1), .random(3, 3, seed: 2), .random(1, 3, seed: 3)]
        let outcome = run(inputs.map(\.parameter), batchCount: 4) { tape, x in
            var h = tape.gather(table[tape.indices([])])
            h = tape.linear(h, weight: x[1], bias: x[2], relu: true)
            h = tape.dropout(tape.softmax(tape.addBias(h, x[0])), rate: 0.5)
            return tape.softmaxCrossEntropy(h)
        }
        #expect(outcome.value == [0])
        for gradient in outcome.gradients { #expect(gradient.allSatisfy { $0 == 0 }) }
    }
}

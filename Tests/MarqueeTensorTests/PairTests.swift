internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

@Suite("Pairs of events and candidates")
struct PairTests {
    /// Questions of 2, 0, 3 and 1 events with 3, 2, 1 and 2 candidates.
    private static let (events, candidates): ([Int32], [Int32]) = ([2, 0, 3, 1], [3, 2, 1, 2])
    private static let pairCount = 2 * 3 + 3 * 1 + 1 * 2

    private static func pairs(_ tape: Tape) -> PairLayout {
        tape.pairs(tape.sequences(lengths: candidates), tape.sequences(lengths: events))
    }

    @Test("gradients are those of finite differences")
    func derivatives() {
        let x = [
            Matrix.random(6, 4, seed: 1), .random(8, 4, seed: 2), .random(3, 4, seed: 3), .random(6, 3, seed: 4),
            .random(8, 3, seed: 5),
        ]
        expectDerivatives(of: x) { tape, x in
            tape.pairProducts(
                x[0], x[1], weight: x[2], eventPart: x[3], candidatePart: x[4], Self.pairs(tape))
        }
        expectDerivatives(of: [Matrix.random(6, 4, seed: 6), .random(Self.pairCount, 1, seed: 7)]) { tape, x in
            tape.pooledEvents(x[0], weights: x[1], Self.pairs(tape))
        }
    }

    @Test("values are those of rows taken by pair and multiplied")
    func values() {
        let tape = Tape()
        tape.begin(batchCount: 1, training: false)
        func tensor(_ rows: Int, _ columns: Int, seed: Int) -> Tensor {
            tape.constant(Matrix.random(rows, columns, seed: seed).values, rows: rows, columns: columns)
        }
        let (h, c, w) = (tensor(6, 4, seed: 1), tensor(8, 4, seed: 2), tensor(3, 4, seed: 3))
        let (e, k, weights) = (tensor(6, 3, seed: 4), tensor(8, 3, seed: 5), tensor(Self.pairCount, 1, seed: 6))
        let pairs = Self.pairs(tape)
        let z = tape.pairProducts(h, c, weight: w, eventPart: e, candidatePart: k, pairs)
        let pooled = tape.pooledEvents(h, weights: weights, pairs)
        #expect(z.rows == Self.pairCount && z.columns == 3 && pooled.rows == 8 && pooled.columns == 4)
        var (pair, candidate, first) = (0, 0, 0)
        for (count, asked) in zip(Self.events, Self.candidates) {
            for _ in 0..<asked {
                var sums = [Float](repeating: 0, count: 4)
                for event in first..<first + Int(count) {
                    for out in 0..<3 {
                        var expected = e[event * 3 + out] + k[candidate * 3 + out]
                        for j in 0..<4 { expected += w[out * 4 + j] * h[event * 4 + j] * c[candidate * 4 + j] }
                        #expect(abs(z[pair * 3 + out] - expected) < 1e-5)
                    }
                    for j in 0..<4 { sums[j] += weights[pair] * h[event * 4 + j] }
                    pair += 1
                }
                for j in 0..<4 { #expect(abs(pooled[candidate * 4 + j] - sums[j]) < 1e-5) }
                candidate += 1
            }
            first += Int(count)
        }
    }
}

internal import MarqueeRuntime
internal import Testing

@testable internal import MarqueeTensor

@Suite("Dropout")
struct DropoutTests {
    /// Ones through dropout, and the gradient that ones send back.
    func mask(
        _ rate: Float, count: Int = 1000, seed: UInt64 = 1, training: Bool = true
    ) -> (forward: [Float], backward: [Float]) {
        let ones = Matrix(1, count, .init(repeating: 1, count: count)).parameter
        let outcome = run(
            [ones], upstream: training ? ones.values : nil, training: training, stream: RandomStream(seed: seed, "drop")
        ) { tape, x in tape.dropout(x[0], rate: rate) }
        return (outcome.value, outcome.gradients[0])
    }

    @Test("drops at its rate and keeps the expectation", arguments: [0.1, 0.2, 0.5, 0.9] as [Float])
    func rate(_ rate: Float) {
        let count = 200_000
        let (forward, _) = mask(rate, count: count)
        let dropped = Double(forward.count { $0 == 0 })
        let deviation = (Double(count) * Double(rate) * Double(1 - rate)).squareRoot()
        #expect(abs(dropped - Double(count) * Double(rate)) < 4 * deviation)
        let kept = Set(forward.filter { $0 != 0 })
        #expect(kept.count == 1)
        #expect(abs((kept.first ?? 0) - 1 / (1 - rate)) < 2e-4 / (1 - rate))
    }

    @Test("neighbors are dropped independently")
    func independence() {
        let (forward, _) = mask(0.5, count: 200_000)
        for lag in [1, 2, 3, 4, 8, 64, 256] {
            let both = zip(forward, forward.dropFirst(lag)).count { $0 == 0 && $1 == 0 }
            #expect(abs(Double(both) / Double(forward.count - lag) - 0.25) < 0.005, "lag \(lag)")
        }
    }

    @Test("the gradient passes where the value did", arguments: [1, 7, 255, 256, 257, 1000])
    func sameMaskBackward(count: Int) {
        let (forward, backward) = mask(0.3, count: count)
        #expect(forward == backward)
    }

    @Test("the same key gives the same mask, another key another")
    func keys() {
        #expect(mask(0.5, seed: 1).forward == mask(0.5, seed: 1).forward)
        #expect(mask(0.5, seed: 1).forward != mask(0.5, seed: 2).forward)
    }

    @Test("evaluation and rate zero are the identity")
    func identity() {
        #expect(mask(0.5, training: false).forward == .init(repeating: 1, count: 1000))
        #expect(mask(0).forward == .init(repeating: 1, count: 1000))
        #expect(mask(0).backward == .init(repeating: 1, count: 1000))
    }

    @Test("two masks of one step differ, and so do two workers'")
    func draws() {
        let crew = Crew(pool: WorkerPool(workerCount: 2))
        let masks = PerWorker<([Float], [Float])>(crew)
        crew.run { tape in
            tape.begin(batchCount: 2, stream: RandomStream(seed: 1, "drop"))
            let ones = tape.constant([Float](repeating: 1, count: 500), rows: 1, columns: 500)
            masks[tape] = (tape.dropout(ones, rate: 0.5).values, tape.dropout(ones, rate: 0.5).values)
        }
        let found = crew.tapes.compactMap { masks[$0] }.flatMap { [$0.0, $0.1] }
        #expect(found.count == 4 && Set(found).count == 4)
    }

    @Test("fused into batch normalization it is the same as after it")
    func fused() {
        let x = Matrix.random(37, 9, seed: 1)
        let upstream = Matrix.random(37, 9, seed: 2).values
        let layer = BatchNorm1d(9)
        let stream = RandomStream(seed: 5, "drop")
        let fused = run([x.parameter, layer.gain, layer.bias], upstream: upstream, stream: stream) { tape, x in
            layer(x[0], tape, dropout: 0.3)
        }
        let apart = run([x.parameter, layer.gain, layer.bias], upstream: upstream, stream: stream) { tape, x in
            tape.dropout(layer(x[0], tape), rate: 0.3)
        }
        #expect(fused.value == apart.value)
        #expect(fused.gradients == apart.gradients)
        #expect(fused.value.contains(0))
    }
}

internal import MarqueeRuntime
internal import Testing

@Suite("Random streams")
struct RandomStreamTests {
    /// SplitMix64's first values, as its reference implementation in C prints them
    /// (prng.di.unimi.it/splitmix64.c).
    @Test("SplitMix64's published values")
    func published() {
        var zero = RandomStream(key: 0)
        #expect(
            (0..<5).map { _ in zero.next() } == [
                0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC,
                0x1B39_896A_51A8_749B,
            ])
        var seeded = RandomStream(key: 1_234_567)
        #expect(
            (0..<5).map { _ in seeded.next() } == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
    }

    @Test("the n-th value is the same whoever asks, whenever")
    func counters() {
        let stream = RandomStream(seed: 3, "counter")
        var sequential = stream
        let values = (0..<100).map { _ in sequential.next() }
        #expect((0..<100).reversed().map { stream[$0] } == values.reversed())
    }

    @Test("seed, purpose and index all make another stream")
    func names() {
        var keys: Set<UInt64> = []
        for seed in 0..<50 as Range<UInt64> {
            for index in [-1, 0, 1, 2, 1_000_000] {
                keys.insert(RandomStream(seed: seed, "negatives", index).key)
                keys.insert(RandomStream(seed: seed, "negative", index).key)
                keys.insert(RandomStream(seed: seed, "", index).key)
            }
        }
        #expect(keys.count == 50 * 5 * 3)
        #expect(RandomStream(seed: 1, "a").key == RandomStream(seed: 1, "a", 0).key)
    }

    /// Two streams agree in half of their bits, whatever their names have in common.
    @Test("streams of near names are independent")
    func independence() {
        let pairs: [(RandomStream, RandomStream)] = [
            (.init(seed: 1, "dropout"), .init(seed: 2, "dropout")),
            (.init(seed: 1, "dropout"), .init(seed: 1, "dropouu")),
            (.init(seed: 1, "dropout", 0), .init(seed: 1, "dropout", 1)),
            (.init(seed: 0, ""), .init(seed: 1, "")),
            (.init(key: 0), .init(seed: 0, "")),
        ]
        for (a, b) in pairs {
            let agreeing = (0..<4096).reduce(0) { $0 + (~(a[$1] ^ b[$1])).nonzeroBitCount }
            // 262,144 fair bits: deviation 256.
            #expect(abs(agreeing - 131_072) < 4 * 256)
            // And neither is the other moved along.
            let ahead = Set((0..<4096).map { a[$0] })
            #expect((0..<4096).allSatisfy { !ahead.contains(b[$0]) })
        }
    }

    @Test("integers below a bound: all of them, equally often", arguments: [1, 2, 3, 10, 1000])
    func integers(bound: Int) {
        let stream = RandomStream(seed: 1, "integers", bound)
        var counts = [Int](repeating: 0, count: bound)
        let draws = 100 * bound
        for draw in 0..<draws { counts[stream.integer(at: UInt64(draw), below: bound)] += 1 }
        let chiSquare = counts.reduce(0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
        let freedom = Double(bound - 1)
        #expect(chiSquare <= freedom + 4 * (2 * freedom).squareRoot())
    }

    @Test("units lie in [0, 1) with mean 1/2 and variance 1/12")
    func units() {
        let stream = RandomStream(seed: 1, "units")
        let values = (0..<100_000).map { stream.unit(at: $0) }
        #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
        let mean = values.reduce(0, +) / 100_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 100_000
        #expect(abs(mean - 0.5) < 4 * 0.289 / 316)
        #expect(abs(variance - 1.0 / 12) < 0.001)
    }

    @Test("normal pairs: standard, and uncorrelated within a pair")
    func normals() {
        var stream = RandomStream(seed: 1, "normals")
        let pairs = (0..<50_000).map { _ in stream.normalPair() }
        for values in [pairs.map(\.0), pairs.map(\.1)] {
            let mean = values.reduce(0, +) / 50_000
            let variance = values.reduce(0) { $0 + $1 * $1 } / 50_000
            let beyondTwo = Double(values.count { abs($0) > 2 }) / 50_000
            #expect(abs(mean) < 0.018 && abs(variance - 1) < 0.026)
            #expect(abs(beyondTwo - 0.0455) < 0.004)
        }
        #expect(abs(pairs.reduce(0) { $0 + $1.0 * $1.1 } / 50_000) < 0.018)
        #expect(pairs.allSatisfy { $0.0.isFinite && $0.1.isFinite })
    }
}

import MarqueeRuntime
import Testing

@Suite struct RandomPermutationTests {
    @Test func itIsABijectionOfAnyCount() {
        for count in Array(0...130) + [997, 1000, 1023, 1024, 1025, 4096, 30_011] {
            let order = RandomPermutation(count: count, stream: RandomStream(seed: 3, "test", count))
            #expect(Set((0..<count).map { order[$0] }) == Set(0..<count))
        }
    }

    @Test func hugeCountsStayInside() {
        let count = 100_001_315 * 5
        let order = RandomPermutation(count: count, stream: RandomStream(seed: 1, "test"))
        var seen: Set<Int> = []
        for k in stride(from: 0, to: count, by: 49_999) { seen.insert(order[k]) }
        #expect(seen.count == (count + 49_998) / 49_999 && seen.allSatisfy { $0 >= 0 && $0 < count })
    }

    /// Where a value goes and what follows it is uniform over keys.
    @Test func placesAreUniformAndNeighborsIndependent() {
        let count = 50
        var places = [Int](repeating: 0, count: count)
        var steps = [Int](repeating: 0, count: count)
        for key in 0..<20_000 {
            let order = RandomPermutation(count: count, stream: RandomStream(seed: 2, "test", key))
            places[order[17]] += 1
            steps[(order[31] - order[30] + count) % count] += 1
        }
        func chiSquare(_ counts: ArraySlice<Int>) -> Double {
            let expected = 20_000 / Double(counts.count)
            return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        }
        #expect(chiSquare(places[...]) < 110)
        #expect(steps[0] == 0 && chiSquare(steps[1...]) < 110)
    }
}

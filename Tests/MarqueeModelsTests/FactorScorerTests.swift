import Testing

@testable import MarqueeModels

@Suite struct FactorScorerTests {
    /// Cosines by hand, over a width that fills no vector register.
    @Test func similaritiesAreCosines() {
        let items: [[Float]] = [[3, 4, 0], [6, 8, 0], [0, 0, 0], [-4, 3, 0], [0, 0, 2], [3, 4, 5]]
        let scorer = FactorScorer(rank: 3, userFactors: [], itemFactors: items.flatMap { $0 })
        let similarities = scorer.similarities(to: 0)
        for (similarity, expected) in zip(similarities, [1, 1, 0, 0, 0, Float(0.5).squareRoot()]) {
            #expect(abs(similarity - expected) < 1e-6)
        }
        for (several, one) in zip(scorer.similarities(to: [5, 2, 0]), [5, 2, 0].map { scorer.similarities(to: $0) }) {
            #expect(zip(several, one).allSatisfy { abs($0 - $1) < 1e-6 })
        }
        #expect(scorer.similarities(to: 2) == [Float](repeating: 0, count: items.count))
    }
}

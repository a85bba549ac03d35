import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@testable import MarqueeEvaluation

@Suite struct PairedComparisonTests {
    private func compare(
        _ differences: [Double], resamples: Int = 10_000, seed: UInt64 = 1, pool: WorkerPool = .shared
    ) -> PairedComparison {
        PairedComparison(
            differences: differences, metric: Metric(.auc), resamples: resamples, confidence: 0.95, seed: seed,
            pool: pool)
    }

    /// scipy's exact p-value and its bootstrap of 200,000 resamples; the tolerances are four standard
    /// errors of 10,000 draws.
    @Test func agreesWithSciPy() throws {
        let reference = try Reference.load().comparison
        let comparison = compare(reference.differences)
        let error = (reference.pValue * (1 - reference.pValue) / 10_000).squareRoot()
        #expect(abs(comparison.pValue - reference.pValue) < 4 * error)
        let width = reference.upper - reference.lower
        #expect(abs(comparison.lower - reference.lower) < 0.03 * width)
        #expect(abs(comparison.upper - reference.upper) < 0.03 * width)
        let mean = reference.differences.reduce(0, +) / Double(reference.differences.count)
        #expect(abs(comparison.difference - mean) < 1e-12)
    }

    /// Where nothing differs but chance, five in a hundred comparisons fall below 0.05.
    @Test func falsePositivesAreAsRareAsTheyClaim() {
        let trials = 400
        var (significant, covered) = (0, 0)
        for trial in 0..<trials {
            var stream = RandomStream(seed: 11, "null", trial)
            let comparison = compare(
                (0..<60).map { _ in stream.normalPair().0 }, resamples: 400, seed: UInt64(trial))
            significant += comparison.pValue <= 0.05 ? 1 : 0
            covered += comparison.lower <= 0 && 0 <= comparison.upper ? 1 : 0
        }
        // Binomial(400, 0.05): 20 ± 4.4. Percentile intervals of 60 cover a little less than they claim.
        #expect((8...33).contains(significant), "\(significant) of \(trials)")
        #expect((362...394).contains(covered), "\(covered) of \(trials)")
    }

    @Test func findsADifferenceThatIsThere() {
        var stream = RandomStream(seed: 12, "effect")
        let comparison = compare((0..<200).map { _ in 0.5 + stream.normalPair().0 })
        #expect(comparison.pValue < 0.001)
        #expect(comparison.lower > 0 && comparison.lower < comparison.difference)
        #expect(comparison.upper > comparison.difference)
    }

    @Test func equalResultsAreNotDifferent() {
        let comparison = compare([Double](repeating: 0, count: 50))
        #expect(comparison.pValue == 1)
        #expect(comparison.lower == 0 && comparison.upper == 0 && comparison.difference == 0)
    }

    /// Hits differ by −1, 0 or 1, so many arrangements have the observed sum and must count as such:
    /// of 2⁴ sign flips of four wins, two are as extreme.
    @Test func equallyExtremeArrangementsCount() {
        let comparison = compare([1, 0, 1, 0, 1, 1])
        #expect(abs(comparison.pValue - 2.0 / 16) < 0.015)
    }

    @Test func workersDoNotMatter() {
        var stream = RandomStream(seed: 13, "values")
        let differences = (0..<137).map { _ in stream.normalPair().0 }
        let alone = compare(differences, resamples: 500, pool: WorkerPool(workerCount: 1))
        #expect(compare(differences, resamples: 500, pool: WorkerPool(workerCount: 3)) == alone)
        #expect(compare(differences, resamples: 500, seed: 2) != alone)
    }

    @Test func refusesWhatCannotBeCompared() throws {
        let seen = InteractionMatrix(rows: [[], []], columnCount: 4)
        let scorer = TableScorer(rows: [[1, 2, 3, 4], [4, 3, 2, 1]])
        func result(
            _ rows: [[Int32]], _ candidates: CandidateProtocol = .full, _ metrics: [Metric] = [Metric(.auc)]
        ) throws -> EvaluationResult {
            try Evaluator(holdout: Holdout(rows: rows), candidates: candidates, seen: seen, metrics: metrics)
                .evaluate(scorer)
        }
        let one = try result([[0], [1]])
        let sampled = try result([[0], [1]], .sampled(FrozenNegatives(name: "n", rows: [[1], [2]])))
        let others = try result([[0], [1]], .sampled(FrozenNegatives(name: "n", rows: [[1], [3]])))
        #expect(throws: EvaluationError.differentProtocols(one.protocol.description, sampled.protocol.description)) {
            try PairedComparison(of: one, with: sampled, by: Metric(.auc))
        }
        // The same caption, other negatives.
        #expect(throws: EvaluationError.self) { try PairedComparison(of: others, with: sampled, by: Metric(.auc)) }
        #expect(throws: EvaluationError.self) {
            try PairedComparison(of: one, with: result([[0], [2]]), by: Metric(.auc))
        }
        #expect(throws: EvaluationError.missingMetric(Metric(.ndcg), available: [Metric(.auc)])) {
            try PairedComparison(of: one, with: one, by: Metric(.ndcg))
        }
        #expect(try PairedComparison(of: one, with: one, by: Metric(.auc)).pValue == 1)
    }
}

import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeEvaluation

@Suite struct TargetRankingTests {
    static let metrics = [
        "HR@1", "HR@2", "HR@4", "HR@100", "NDCG@1", "NDCG@3", "NDCG@100", "NDCG", "Precision@1", "Precision@3",
        "Precision@100", "Recall@1", "Recall@3", "MRR@2", "MRR@4", "MRR", "MAP@2", "MAP@4", "MAP@100", "MAP", "AUC",
    ].compactMap { try? Metric($0) }

    /// Five candidates in the order target, other, target, other, other; no ties.
    @Test func agreesWithTheHand() throws {
        let ranking = TargetRanking(
            ties: [.init(above: 0, size: 1, targets: 1), .init(above: 2, size: 1, targets: 1)], targetCount: 2,
            candidateCount: 5)
        func value(_ text: String) throws -> Double {
            try ranking.expectation(of: Metric(text), sums: RankSums(upTo: 5))
        }
        #expect(try value("HR@1") == 1)
        #expect(try value("Precision@1") == 1)
        #expect(try value("Precision@4") == 0.5)
        #expect(try value("Precision@10") == 0.2)
        #expect(try value("Recall@2") == 0.5)
        #expect(try value("Recall@3") == 1)
        #expect(try abs(value("NDCG@2") - 1 / (1 + 1 / log2(3))) < 1e-12)
        #expect(try abs(value("NDCG@3") - 1.5 / (1 + 1 / log2(3))) < 1e-12)
        #expect(try value("MRR") == 1)
        #expect(try abs(value("MAP") - (1 + 2.0 / 3) / 2) < 1e-12)
        #expect(try value("MAP@1") == 1)
        #expect(try value("MAP@2") == 0.5)
        // Of 2 × 3 pairs, the second target loses to one other.
        #expect(try abs(value("AUC") - 5.0 / 6) < 1e-12)
    }

    /// A model that says nothing ranks one target among 100 at each place equally often.
    @Test func indifferenceIsChance() throws {
        let ranking = TargetRanking(
            ties: [.init(above: 0, size: 100, targets: 1)], targetCount: 1, candidateCount: 100)
        let sums = RankSums(upTo: 100)
        #expect(abs(ranking.expectation(of: Metric(.hitRatio, at: 10), sums: sums) - 0.1) < 1e-12)
        #expect(abs(ranking.expectation(of: Metric(.auc), sums: sums) - 0.5) < 1e-12)
        let gain = (1...10).reduce(0.0) { $0 + 1 / log2(Double($1 + 1)) } / 100
        #expect(abs(ranking.expectation(of: Metric(.ndcg, at: 10), sums: sums) - gain) < 1e-12)
        let reciprocal = (1...100).reduce(0.0) { $0 + 1 / Double($1) } / 100
        #expect(abs(ranking.expectation(of: Metric(.reciprocalRank), sums: sums) - reciprocal) < 1e-12)
    }

    /// Against the mean over every order of the candidates, each metric computed on the list itself.
    @Test(arguments: 0..<60)
    func tiesAreTheMeanOverAllOrders(example: Int) throws {
        let stream = RandomStream(seed: 7, "ties", example)
        let count = 2 + stream.integer(at: 0, below: 5)
        let levels = 1 + stream.integer(at: 1, below: 3)
        let scores = (0..<count).map { Float(stream.integer(at: UInt64(10 + $0), below: levels)) }
        let targetCount = 1 + stream.integer(at: 2, below: count)
        let isTarget = (0..<count).map { $0 < targetCount }

        var ranking = TargetRanking()
        var targetScores = Array(scores.prefix(targetCount))
        #expect(scores.withUnsafeBufferPointer { ranking.rank(&targetScores, among: $0, without: []) })
        let sums = RankSums(upTo: count)

        var totals = [Double](repeating: 0, count: Self.metrics.count)
        var orders = 0
        Self.forEachPermutation(of: Array(0..<count)) { order in
            // Stable, so that tied candidates keep this order.
            let sorted = order.enumerated()
                .sorted { (-scores[$0.element], $0.offset) < (-scores[$1.element], $1.offset) }.map(\.element)
            let relevance = sorted.map { isTarget[$0] }
            for (index, metric) in Self.metrics.enumerated() {
                totals[index] += Self.value(metric, of: relevance)
            }
            orders += 1
        }
        for (metric, total) in zip(Self.metrics, totals) {
            let expected = total / Double(orders)
            let found = ranking.expectation(of: metric, sums: sums)
            #expect(abs(found - expected) < 1e-12, "\(metric) of \(scores), the first \(targetCount) targets")
        }
    }

    @Test func masksLeaveTargetsRivalsBehind() {
        let scores: [Float] = [3, 5, 3, 3, 1, 5, 4]
        var ranking = TargetRanking()
        var targets: [Float] = [3]
        #expect(scores.withUnsafeBufferPointer { ranking.rank(&targets, among: $0, without: [1, 2, 4]) })
        #expect(ranking.ties == [.init(above: 2, size: 2, targets: 1)])
        #expect(ranking.candidateCount == 4)
    }

    @Test func standsAmongMoreScoresThanACounterChunk() {
        let count = (1 << 20) * 2 + 17
        let scores = (0..<count).map { Float($0 % 3) }
        var ranking = TargetRanking()
        var targets: [Float] = [1]
        #expect(scores.withUnsafeBufferPointer { ranking.rank(&targets, among: $0, without: []) })
        #expect(ranking.ties == [.init(above: scores.count { $0 == 2 }, size: scores.count { $0 == 1 }, targets: 1)])
    }

    /// A metric of one list, from its definition.
    static func value(_ metric: Metric, of relevance: [Bool]) -> Double {
        let total = relevance.count(where: \.self)
        let top = relevance.prefix(metric.cutoff ?? relevance.count)
        let ranks = top.indices.filter { relevance[$0] }.map { $0 + 1 }
        let depth = metric.cutoff ?? relevance.count
        switch metric.kind {
        case .hitRatio: return ranks.isEmpty ? 0 : 1
        case .precision: return Double(ranks.count) / Double(depth)
        case .recall: return Double(ranks.count) / Double(total)
        case .ndcg:
            let ideal = (1...min(total, depth)).reduce(0.0) { $0 + 1 / log2(Double($1 + 1)) }
            return ranks.reduce(0.0) { $0 + 1 / log2(Double($1 + 1)) } / ideal
        case .reciprocalRank: return ranks.first.map { 1 / Double($0) } ?? 0
        case .averagePrecision:
            let sum = ranks.enumerated().reduce(0.0) { $0 + Double($1.offset + 1) / Double($1.element) }
            return sum / Double(min(total, depth))
        case .squaredError, .rootSquaredError, .absoluteError, .clickThrough: return .nan
        case .auc:
            var right = 0
            var pairs = 0
            for (a, first) in relevance.enumerated() where first {
                for (b, second) in relevance.enumerated() where !second {
                    pairs += 1
                    right += a < b ? 1 : 0
                }
            }
            return pairs == 0 ? 0.5 : Double(right) / Double(pairs)
        }
    }

    /// Heap's algorithm.
    static func forEachPermutation(of elements: [Int], _ body: ([Int]) -> Void) {
        var elements = elements
        func permute(_ count: Int) {
            guard count > 1 else { return body(elements) }
            for index in 0..<count {
                permute(count - 1)
                elements.swapAt(count % 2 == 0 ? index : 0, count - 1)
            }
        }
        permute(elements.count)
    }
}

internal import CMarqueeKernels
internal import Foundation

/// Where a user's targets stand among the candidates, ties and all.
///
/// Equal scores say nothing of order, so every metric is its exact expectation over all orders of the
/// tied candidates, each as likely. A group of `size` tied candidates that begins after `above` better
/// ones fills the ranks above + 1 … above + size; its m targets are a random m-subset of them. So
///
/// - sums over targets (Precision, Recall, the gain of NDCG, AUC) add m/size of the sum over the
///   group's ranks;
/// - HR@K: whether the group that K cuts has a target among its first n = K − above places is
///   hypergeometric, 1 − C(size − m, n)/C(size, n);
/// - MRR: the first of the m stands at place j with probability C(size − j, m − 1)/C(size, m);
/// - MAP: given a target at place j of the group, the targets at or before it number
///   H + 1 + (j − 1)(m − 1)/(size − 1) on average, H of them in better groups.
struct TargetRanking {
    /// Candidates of one score, some of them targets.
    struct Tie: Equatable {
        var above: Int
        var size: Int
        var targets: Int
    }

    /// From the best to the worst; only scores that some target has.
    var ties: [Tie] = []
    var targetCount = 0
    /// Targets included.
    var candidateCount = 0
}

extension TargetRanking {
    /// Finds where the targets of these scores stand among `scores`, which hold theirs, without those at
    /// the positions `masked`; false when a score is not a number, masked ones included. Leaves
    /// `targetScores` in descending order.
    ///
    /// One vectorized pass over the scores for each distinct target score, O(masked) beside it.
    mutating func rank(
        _ targetScores: inout [Float], among scores: UnsafeBufferPointer<Float>, without masked: [Int32]
    ) -> Bool {
        ties.removeAll(keepingCapacity: true)
        targetCount = targetScores.count
        candidateCount = scores.count - masked.count
        guard !targetScores.contains(where: \.isNaN) else { return false }
        targetScores.sort(by: >)
        var last: Float?
        for score in targetScores {
            // Not in the list at all: no rank finds it.
            if score == -.infinity { break }
            if score == last {
                ties[ties.count - 1].targets += 1
                continue
            }
            let standing = mq_standing_of(score, scores.baseAddress, scores.count)
            guard standing.unordered == 0 else { return false }
            var tie = Tie(above: standing.greater, size: standing.equal, targets: 1)
            for item in masked {
                if scores[Int(item)] > score { tie.above -= 1 }
                if scores[Int(item)] == score { tie.size -= 1 }
            }
            ties.append(tie)
            last = score
        }
        return true
    }

    /// The expected value of `metric`. `sums` must reach to ``candidateCount``.
    /// O(ties) for all metrics but MRR, which is O(size of the best tie).
    func expectation(of metric: Metric, sums: RankSums) -> Double {
        let cutoff = min(metric.cutoff ?? candidateCount, candidateCount)
        switch metric.kind {
        case .hitRatio: return hitProbability(cutoff)
        case .precision: return hits(cutoff) / Double(metric.cutoff ?? candidateCount)
        case .recall: return hits(cutoff) / Double(targetCount)
        case .ndcg: return gain(cutoff, sums) / sums.discount[min(targetCount, cutoff)]
        case .reciprocalRank: return reciprocalRank(cutoff)
        case .averagePrecision:
            return precisionSum(cutoff, sums) / Double(min(targetCount, metric.cutoff ?? targetCount))
        case .auc: return auc
        // An evaluator refuses these.
        case .squaredError, .rootSquaredError, .absoluteError, .clickThrough: return .nan
        }
    }

    /// How many of a tie's places lie within the cut-off.
    private func places(of tie: Tie, within cutoff: Int) -> Int { min(max(cutoff - tie.above, 0), tie.size) }

    private func hitProbability(_ cutoff: Int) -> Double {
        guard let best = ties.first else { return 0 }
        let n = places(of: best, within: cutoff)
        guard n > 0 else { return 0 }
        // A better tie would hold a target already, so the best tie alone decides.
        guard n <= best.size - best.targets else { return 1 }
        if best.targets == 1 { return Double(n) / Double(best.size) }
        // The chance that each target in turn avoids the first n places.
        var miss = 1.0
        for drawn in 0..<best.targets { miss *= Double(best.size - n - drawn) / Double(best.size - drawn) }
        return 1 - miss
    }

    private func hits(_ cutoff: Int) -> Double {
        ties.reduce(0) { $0 + Double($1.targets * places(of: $1, within: cutoff)) / Double($1.size) }
    }

    private func gain(_ cutoff: Int, _ sums: RankSums) -> Double {
        ties.reduce(0) { total, tie in
            let n = places(of: tie, within: cutoff)
            let discounts = sums.discount[min(tie.above, cutoff) + n] - sums.discount[min(tie.above, cutoff)]
            return total + discounts * Double(tie.targets) / Double(tie.size)
        }
    }

    private func reciprocalRank(_ cutoff: Int) -> Double {
        guard let best = ties.first else { return 0 }
        let (size, m) = (best.size, best.targets)
        var chance = Double(m) / Double(size)
        var mean = 0.0
        for j in 1...(size - m + 1) where best.above + j <= cutoff {
            mean += chance / Double(best.above + j)
            chance *= Double(size - j - m + 1) / Double(max(size - j, 1))
        }
        return mean
    }

    private func precisionSum(_ cutoff: Int, _ sums: RankSums) -> Double {
        var better = 0
        var total = 0.0
        for tie in ties {
            let n = places(of: tie, within: cutoff)
            guard n > 0 else { break }
            // Σ over j of (H + 1 + (j − 1)c) / (above + j), split into Σ c and Σ 1/(above + j).
            let c = tie.size > 1 ? Double(tie.targets - 1) / Double(tie.size - 1) : 0
            let reciprocals = sums.reciprocal[tie.above + n] - sums.reciprocal[tie.above]
            let sum = Double(n) * c + (Double(better + 1) - c * Double(tie.above + 1)) * reciprocals
            total += sum * Double(tie.targets) / Double(tie.size)
            better += tie.targets
        }
        return total
    }

    private var auc: Double {
        let others = candidateCount - targetCount
        guard others > 0 else { return 0.5 }
        var better = 0
        var right = 0.0
        for tie in ties {
            let tied = tie.size - tie.targets
            let worse = others - (tie.above - better) - tied
            right += Double(tie.targets) * (Double(worse) + 0.5 * Double(tied))
            better += tie.targets
        }
        return right / (Double(targetCount) * Double(others))
    }
}

/// Sums over the ranks 1 … p, at index p.
struct RankSums: Sendable {
    /// Of 1/log₂(rank + 1).
    let discount: [Double]
    /// Of 1/rank.
    let reciprocal: [Double]

    init(upTo rank: Int) {
        var discount = [0.0]
        var reciprocal = [0.0]
        for rank in 1...max(rank, 1) {
            discount.append(discount[rank - 1] + 1 / log2(Double(rank + 1)))
            reciprocal.append(reciprocal[rank - 1] + 1 / Double(rank))
        }
        self.discount = discount
        self.reciprocal = reciprocal
    }
}

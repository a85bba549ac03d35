internal import Foundation

/// Figures of a scored list whose elements are worth something, ties counted as the mean over all their orders.
///
/// Of elements without a target or a rival, and of lists that are worth nothing, nothing can be said: nil.
public enum RankedGains {
    /// The area under the ROC curve: the share of pairs of a positive and a negative in which the positive has the
    /// higher score, equal ones counting half,
    ///
    ///     AUC = (Σ ranks of positives − P(P + 1)/2) / (P·N),
    ///
    /// ranks ascending by score, tied ones sharing their mean (Mann and Whitney 1947). Nil without a positive or
    /// without a negative. O(n log n).
    /// - Precondition: as many scores as labels, none of them NaN.
    public static func auc<Score: BinaryFloatingPoint>(_ scores: [Score], isPositive: [Bool]) -> Double? {
        precondition(scores.count == isPositive.count, "every score has a label")
        return auc(scores.indices.sorted { scores[$0] < scores[$1] }, scores, isPositive)
    }

    /// As ``auc(_:isPositive:)`` of the elements at `order`, which ascends by score. O(n).
    static func auc<Score: BinaryFloatingPoint>(
        _ order: some RandomAccessCollection<Int>, _ scores: [Score], _ isPositive: [Bool]
    ) -> Double? {
        var positives = 0.0
        var ranks = 0.0
        var before = 0
        var start = order.startIndex
        while start < order.endIndex {
            var end = start
            var tied = 0.0
            var count = 0
            while end < order.endIndex, scores[order[end]] == scores[order[start]] {
                if isPositive[order[end]] { tied += 1 }
                count += 1
                end = order.index(after: end)
            }
            ranks += tied * (Double(2 * before + count + 1) / 2)
            positives += tied
            before += count
            start = end
        }
        let negatives = Double(order.count) - positives
        guard positives > 0, negatives > 0 else { return nil }
        return (ranks - positives * (positives + 1) / 2) / (positives * negatives)
    }

    /// NDCG of graded gains, over the first `cutoff` ranks or all,
    ///
    ///     NDCG@k = Σ_{r ≤ k} g_r / log₂(r + 1)  over the same sum with gains descending
    ///
    /// (Järvelin and Kekäläinen, TOIS 2002), where the ranks of tied elements share the mean of their gains (McSherry
    /// and Najork, ECIR 2008). Nil when no gain is above 0. O(n log n).
    /// - Precondition: as many scores as gains, no score NaN, no gain negative, a positive cut-off.
    public static func ndcg<Score: BinaryFloatingPoint>(
        _ scores: [Score], gains: [Double], at cutoff: Int? = nil
    ) -> Double? {
        precondition(scores.count == gains.count, "every score has a gain")
        precondition(cutoff.map { $0 > 0 } ?? true, "a list has a place at least")
        let length = min(cutoff ?? scores.count, scores.count)
        func discounted(_ gain: Double, at place: Int) -> Double { gain / log2(Double(place) + 2) }
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var sum = 0.0
        var start = 0
        while start < length {
            var end = start
            var gain = 0.0
            while end < order.count, scores[order[end]] == scores[order[start]] {
                gain += gains[order[end]]
                end += 1
            }
            let mean = end - start == 1 ? gain : gain / Double(end - start)
            for place in start..<min(end, length) { sum += discounted(mean, at: place) }
            start = end
        }
        var best = 0.0
        for (place, gain) in gains.sorted(by: >).prefix(length).enumerated() { best += discounted(gain, at: place) }
        return best > 0 ? sum / best : nil
    }
}

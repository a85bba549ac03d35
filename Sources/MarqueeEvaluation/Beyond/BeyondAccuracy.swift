internal import Foundation
public import MarqueeData

/// What lists of recommendations are worth beside being right: how much of the catalog they reach, how
/// new and how varied they are, and how far they lean on what is popular anyway.
public struct BeyondAccuracy: Sendable, Equatable, Codable {
    /// The length of the lists asked for.
    public let k: Int
    public let users: Int
    /// The share of the catalog that is in some list (catalog coverage: Ge et al., RecSys 2010).
    public let coverage: Double
    /// Mean self-information of the recommended items, −log₂(users who know i / users), in bits (Zhou et
    /// al., PNAS 2010). An item nobody knows counts as known to one.
    public let novelty: Double
    /// Intra-list diversity: the mean distance over pairs of a list (Ziegler et al., WWW 2005), averaged
    /// over lists; pairs of unknown distance are left out. Nil when no list has a known pair.
    public let diversity: Double?
    /// The mean number of training interactions of the recommended items (average recommendation
    /// popularity: Abdollahpouri et al., 2019), averaged within a list and then over lists.
    public let averagePopularity: Double
    /// Gini's coefficient of how often each item of the catalog is recommended: 0 all alike, near 1 when
    /// few get everything.
    public let exposureGini: Double

    /// Empty lists are left out of every mean. O(users × k² + items log items).
    public init(of lists: TopK, k: Int, train: InteractionMatrix, distance: ItemDistance? = nil) {
        let popularity = train.columnCounts()
        var exposure = [Int](repeating: 0, count: train.columnCount)
        var (novelty, averagePopularity, diversity) = (Mean(), Mean(), Mean())
        for list in lists.users.indices {
            let items = lists[list]
            var (information, known, distances) = (Mean(), Mean(), Mean())
            for (place, item) in zip(items.indices, items) {
                exposure[Int(item)] += 1
                let count = popularity[Int(item)]
                information.add(log2(Double(max(train.rowCount, 1)) / Double(max(count, 1))))
                known.add(Double(count))
                guard let distance else { continue }
                for other in items[(place + 1)...] {
                    if let value = distance.between(item, other) { distances.add(value) }
                }
            }
            if let mean = information.value { novelty.add(mean) }
            if let mean = known.value { averagePopularity.add(mean) }
            if let mean = distances.value { diversity.add(mean) }
        }
        self.k = k
        users = lists.users.count
        coverage = Double(exposure.count { $0 > 0 }) / Double(max(exposure.count, 1))
        self.novelty = novelty.value ?? 0
        self.diversity = diversity.value
        self.averagePopularity = averagePopularity.value ?? 0
        exposureGini = Self.gini(exposure)
    }

    /// Σ (2i − n − 1) x_i / (n Σ x) over ascending x_i, i = 1 … n; 0 when all are 0.
    static func gini(_ counts: [Int]) -> Double {
        let total = counts.reduce(0, +)
        guard total > 0 else { return 0 }
        let n = counts.count
        let weighted = counts.sorted().enumerated().reduce(0.0) { sum, entry in
            sum + Double(2 * entry.offset + 1 - n) * Double(entry.element)
        }
        return weighted / (Double(n) * Double(total))
    }

    /// A running mean.
    private struct Mean {
        private var sum = 0.0
        private var count = 0

        mutating func add(_ value: Double) {
            sum += value
            count += 1
        }

        var value: Double? { count > 0 ? sum / Double(count) : nil }
    }
}

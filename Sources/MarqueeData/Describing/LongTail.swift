/// How unequally interactions fall on items.
public struct LongTail: Sendable, Equatable, Codable {
    /// The share of interactions that the most popular 1 %, 10 % and 20 % of all items have (rounded
    /// up to whole items).
    public let top1, top10, top20: Double
    /// Gini's coefficient over all items: 0 when all are alike, toward 1 when one has everything.
    /// G = Σ (2r - n - 1) c_r / (n Σ c), counts ascending, r from 1.
    public let gini: Double

    /// - Parameter counts: the interactions of each item.
    public init(_ counts: [Int]) {
        let ascending = counts.sorted()
        let total = Double(max(1, ascending.reduce(0, +)))
        func share(_ part: Int) -> Double {
            Double(ascending.suffix((ascending.count * part + 99) / 100).reduce(0, +)) / total
        }
        top1 = share(1)
        top10 = share(10)
        top20 = share(20)
        let n = Double(ascending.count)
        var sum = 0.0
        for (rank, count) in ascending.enumerated() { sum += (2 * Double(rank + 1) - n - 1) * Double(count) }
        gini = ascending.isEmpty ? 0 : sum / (n * total)
    }
}

/// The best few of many, the best first; of equal scores the lower index. O(1) for what is not among them.
struct BestItems {
    let limit: Int
    /// Scores that an item has to exceed.
    let least: Float
    private(set) var items: [Int32] = []
    private(set) var scores: [Float] = []

    init(limit: Int, above least: Float = -.infinity) {
        self.limit = limit
        self.least = least
    }

    /// Whether an item with this score, inserted in ascending order of items, would be among them.
    @inline(__always) func takes(_ score: Float) -> Bool { score > (items.count == limit ? scores[limit - 1] : least) }

    /// O(log limit) comparisons, and O(limit) moves.
    mutating func insert(_ item: Int32, _ score: Float) {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if scores[middle] > score || scores[middle] == score && items[middle] < item {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < limit, score > least else { return }
        items.insert(item, at: low)
        scores.insert(score, at: low)
        if items.count > limit {
            items.removeLast()
            scores.removeLast()
        }
    }
}

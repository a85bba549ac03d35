public import MarqueeData
public import MarqueeEvaluation

/// What of somebody's history speaks for an item: as the model itself sums it up where it can say, else by the cosine
/// of who consumed both.
public struct HistoryReasons: Sendable {
    /// An item of the history, by the model's index.
    public struct Reason: Sendable, Equatable {
        public var item: Int32
        /// Its share of all that the history says for the item, 0…1.
        public var share: Float
    }

    private let model: any Recommender
    /// Items × users: who consumed it.
    public let byItem: InteractionMatrix

    /// O(interactions).
    public init(_ saved: SavedModel) {
        model = saved.model
        byItem = saved.history.transposed()
    }

    /// For each of `items` the `count` items of `history` that speak for it most, the strongest first.
    /// - Parameter history: distinct items of the query's history.
    public func strongest(_ count: Int, for items: [Int32], of query: Query, among history: [Int32]) -> [[Reason]] {
        guard count > 0 else { return items.map { _ in [] } }
        let strengths =
            (model as? any Explaining)?.contributions(query, items: items, history: history)
            ?? items.map { item in history.map { cosine(item, $0) } }
        return strengths.map { Self.strongest(count, of: history, $0) }
    }

    /// The strongest of the items that speak for something, each with its share.
    static func strongest(_ count: Int, of history: [Int32], _ strengths: [Float]) -> [Reason] {
        let speaking = zip(history, strengths).filter { $0.1 > 0 }
        let total = speaking.reduce(0) { $0 + $1.1 }
        return speaking.sorted { ($0.1, $1.0) > ($1.1, $0.0) }.prefix(max(0, count)).map {
            Reason(item: $0, share: $1 / total)
        }
    }

    /// |U_i ∩ U_j| / √(|U_i||U_j|), by merging two ascending lists.
    func cosine(_ i: Int32, _ j: Int32) -> Float {
        let (a, b) = (byItem[i], byItem[j])
        var (x, y, common) = (a.startIndex, b.startIndex, 0)
        while x < a.endIndex, y < b.endIndex {
            if a[x] == b[y] { common += 1 }
            let step = (a[x] <= b[y], b[y] <= a[x])
            if step.0 { x += 1 }
            if step.1 { y += 1 }
        }
        return common == 0 ? 0 : Float(common) / Float(a.count * b.count).squareRoot()
    }
}

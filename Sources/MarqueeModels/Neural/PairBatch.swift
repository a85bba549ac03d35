public import MarqueeTensor

/// Pairs of a step: the k-th user and the k-th item.
public struct PairBatch {
    public let users: Indices
    public let items: Indices

    public init(users: Indices, items: Indices) {
        self.users = users
        self.items = items
    }
}

internal import CMarqueeKernels
public import MarqueeData
public import MarqueeRuntime

/// The best items of each of some users: a batch of recommendations.
public struct TopK: Sendable, Equatable {
    public let users: [Int32]
    /// Where each user's items lie: user k's are `offsets[k]..<offsets[k + 1]`. Shorter than asked for
    /// only when a user has not that many items left.
    public let offsets: [Int]
    /// The best first; of equal scores the lower index.
    public let items: [Int32]
    public let scores: [Float]

    /// The items of the `k`-th user, the best first.
    public subscript(k: Int) -> ArraySlice<Int32> { items[offsets[k]..<offsets[k + 1]] }

    /// Their scores.
    public func scores(_ k: Int) -> ArraySlice<Float> { scores[offsets[k]..<offsets[k + 1]] }
}

extension Scorer {
    /// The `k` best items of each of `users`, without those that `seen` holds for the user.
    public func topK(
        _ k: Int, for users: [Int32], excluding seen: InteractionMatrix? = nil, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> TopK {
        fatalError()
    }
}

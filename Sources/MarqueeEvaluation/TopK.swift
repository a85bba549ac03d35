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

    /// - Precondition: `offsets` has `users.count + 1` ascending entries, from 0 to `items.count`.
    public init(users: [Int32], offsets: [Int], items: [Int32], scores: [Float]) {
        precondition(
            offsets.count == users.count + 1 && offsets.last == items.count && scores.count == items.count)
        self.users = users
        self.offsets = offsets
        self.items = items
        self.scores = scores
    }

    /// The items of the `k`-th user, the best first.
    public subscript(k: Int) -> ArraySlice<Int32> { items[offsets[k]..<offsets[k + 1]] }

    /// Their scores.
    public func scores(_ k: Int) -> ArraySlice<Float> { scores[offsets[k]..<offsets[k + 1]] }
}

extension Scorer {
    /// The `k` best items of each of `users`, without those that `seen` holds for the user: the same for
    /// any worker count.
    ///
    /// Users are taken in blocks, in parallel, and items in tiles when the scorer
    /// ``Scorer/scoresTiles``, so that the scores between model and selection stay in the cache. A
    /// tile's scores are held against the k-th best so far by whole vectors; only those above enter the
    /// user's heap. O(users × items) comparisons, and expected O(users × k log k log(items/k)) heap
    /// steps for scores in random order. Memory: O(users × k) beside a few megabytes a worker.
    ///
    /// An item scored -∞ is never recommended.
    /// - Throws: ``EvaluationError`` when a score is not a number or an index is beyond the model, ``Interrupted``.
    /// - Precondition: `k` > 0.
    public func topK(
        _ k: Int, for users: [Int32], excluding seen: InteractionMatrix? = nil, pool: WorkerPool = .shared,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> TopK {
        precondition(k > 0, "a list has at least one item")
        let userCount = min(self.userCount, seen?.rowCount ?? .max)
        if let user = users.first(where: { !(0..<userCount).contains(Int($0)) }) {
            throw EvaluationError.outOfRange(what: "user", index: user, count: userCount)
        }
        let tiling = Tiling(itemCount: itemCount, tiles: scoresTiles)
        let kept = min(k, itemCount)
        let finished = Counter()
        let blocks = try pool.map(
            (users.count + tiling.users - 1) / tiling.users, scratch: { TopKScratch(tiling: tiling, kept: kept) }
        ) { scratch, block in
            try Interruption.check()
            let range = block * tiling.users..<min((block + 1) * tiling.users, users.count)
            let lists = try scratch.select(for: Array(users[range]), by: self, excluding: seen)
            progress.advance(
                "recommend", completed: finished.add(range.count), total: users.count, unit: "users", figures: [])
            return lists
        }
        return TopK(users: users, blocks: blocks)
    }
}

extension TopK {
    fileprivate init(users: [Int32], blocks: [TopKLists]) {
        var offsets = [0]
        var items: [Int32] = []
        var scores: [Float] = []
        offsets.reserveCapacity(users.count + 1)
        items.reserveCapacity(blocks.reduce(0) { $0 + $1.entries.count })
        scores.reserveCapacity(items.capacity)
        for block in blocks {
            for length in block.lengths { offsets.append(offsets[offsets.count - 1] + length) }
            for entry in block.entries {
                items.append(entry.item)
                scores.append(entry.score)
            }
        }
        self.init(users: users, offsets: offsets, items: items, scores: scores)
    }
}

/// The lists of a block of users, one after the other.
private struct TopKLists: Sendable {
    var lengths: [Int] = []
    var entries: [mq_scored] = []
}

/// How users × items are cut. Independent of the worker count, since the shape of a product may decide
/// a score's last bit.
private struct Tiling: Sendable {
    let itemCount: Int
    /// Users a block.
    let users: Int
    /// Items a tile.
    let items: Int

    /// Tiles of half a megabyte (a core's own cache), or rows of a few megabytes (the shared one).
    init(itemCount: Int, tiles: Bool) {
        self.itemCount = itemCount
        items = tiles ? min(itemCount, 512) : itemCount
        users = tiles ? 256 : min(max((1 << 20) / max(itemCount, 1), 1), 256)
    }
}

/// What a worker keeps from block to block: a tile of scores and a heap for each user.
private struct TopKScratch {
    let tiling: Tiling
    let kept: Int
    private var scores: [Float]
    private var heaps: [mq_scored]

    init(tiling: Tiling, kept: Int) {
        self.tiling = tiling
        self.kept = kept
        scores = Array(repeating: 0, count: tiling.users * tiling.items)
        heaps = Array(repeating: mq_scored(), count: tiling.users * kept)
    }

    mutating func select(
        for users: [Int32], by scorer: some Scorer, excluding seen: InteractionMatrix?
    ) throws(EvaluationError) -> TopKLists {
        var sizes = [Int](repeating: 0, count: users.count)
        // The next of each user's seen items, which ascend as the tiles do.
        var cursors = users.map { seen?.offsets[Int($0)] ?? 0 }
        for lower in stride(from: 0, to: tiling.itemCount, by: max(tiling.items, 1)) {
            let tile = lower..<min(lower + tiling.items, tiling.itemCount)
            var span = scores.mutableSpan
            scorer.score(users: users, items: tile, into: &span)
            for (row, user) in users.enumerated() {
                if let seen {
                    let end = seen.offsets[Int(user) + 1]
                    while cursors[row] < end, Int(seen.columns[cursors[row]]) < tile.upperBound {
                        scores[row * tile.count + Int(seen.columns[cursors[row]]) - lower] = -.infinity
                        cursors[row] += 1
                    }
                }
                let odd = scores.withUnsafeBufferPointer { scores in
                    heaps.withUnsafeMutableBufferPointer { heaps in
                        mq_best_update(
                            scores.baseAddress.map { $0 + row * tile.count }, tile.count, Int32(lower),
                            heaps.baseAddress.map { $0 + row * kept }, &sizes[row], kept)
                    }
                }
                guard odd < 0 else { throw .notANumber(user: user, item: Int32(lower + odd)) }
            }
        }
        var lists = TopKLists()
        for (row, size) in sizes.enumerated() {
            heaps.withUnsafeMutableBufferPointer { heaps in
                mq_best_sort(heaps.baseAddress.map { $0 + row * kept }, size)
            }
            lists.lengths.append(size)
            lists.entries.append(contentsOf: heaps[row * kept..<row * kept + size])
        }
        return lists
    }
}

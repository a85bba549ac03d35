internal import CMarqueeKernels
public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// A dense linear map from histories to scores: score(u, ·) = x_u B, plus what is boosted for the user.
/// What EASEᴿ and ridge regression are once they are fitted.
public struct LinearItemMap: Sendable {
    /// X, users × items.
    public let history: InteractionMatrix
    /// B, [items, items].
    public let weights: [Float]
    /// Added to the scores, users × items; nil when nothing is.
    public let boost: InteractionMatrix?
    private let isBinary: Bool

    init(history: InteractionMatrix, weights: [Float], boost: InteractionMatrix? = nil) {
        precondition(weights.count == history.columnCount * history.columnCount)
        self.history = history
        self.weights = weights
        self.boost = boost
        isBinary = history.isBinary
    }

    var itemCount: Int { history.columnCount }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= users.count * items.count)
        scores.withUnsafeMutableBufferPointer { scores in
            weights.withUnsafeBufferPointer { weights in
                guard let out = scores.baseAddress, let weights = weights.baseAddress else { return }
                for (k, user) in users.enumerated() {
                    withRow(user) { columns, values, count in
                        mq_sum_dense_rows(
                            weights + items.lowerBound, itemCount, columns, values, count, items.count,
                            out + k * items.count)
                    }
                    guard let boost else { continue }
                    for entry in boost.offsets[Int(user)]..<boost.offsets[Int(user) + 1] {
                        let item = Int(boost.columns[entry])
                        if items.contains(item) {
                            out[k * items.count + item - items.lowerBound] += boost.values[entry]
                        }
                    }
                }
            }
        }
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= candidates.count)
        scores.withUnsafeMutableBufferPointer { scores in
            withRow(user) { columns, values, count in
                mq_sum_dense_columns(
                    weights, itemCount, columns, values, count, candidates, candidates.count, scores.baseAddress)
            }
            if let boost {
                for (k, item) in candidates.enumerated() { scores[k] += boost.value(user, item) }
            }
        }
    }

    /// The user's row; values are nil when they are all 1.
    private func withRow(_ user: Int32, _ body: (UnsafePointer<Int32>?, UnsafePointer<Float>?, Int) -> Void) {
        history[user].withUnsafeBufferPointer { columns in
            history.values(of: user).withUnsafeBufferPointer { values in
                body(columns.baseAddress, isBinary ? nil : values.baseAddress, columns.count)
            }
        }
    }
}

/// A model that is a ``LinearItemMap``. Scoring, explaining, similar items, saving and loading come with it.
protocol LinearItemRecommender: Recommender, ItemSimilarity, Explaining {
    var map: LinearItemMap { get }
    init(config: Config, map: LinearItemMap)
}

extension LinearItemRecommender {
    /// X, users × items.
    public var history: InteractionMatrix { map.history }
    /// B, [items, items].
    public var weights: [Float] { map.weights }
    public var userCount: Int { map.history.rowCount }
    public var itemCount: Int { map.history.columnCount }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        map.score(users: users, items: items, into: &scores)
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        map.score(user: user, candidates: candidates, into: &scores)
    }

    public func similarities(to item: Int32) -> [Float] {
        Array(weights[Int(item) * itemCount..<(Int(item) + 1) * itemCount])
    }

    public func contributions(user: Int32, items: [Int32], history own: [Int32]) -> [[Float]] {
        items.map { item in own.map { history.value(user, $0) * weights[Int($0) * itemCount + Int(item)] } }
    }

    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let weights = try artifact.floats("weights", shape: [history.columnCount, history.columnCount])
        let boost = artifact.tensors["boost.shape"] == nil ? nil : try artifact.matrix("boost")
        guard boost.map({ $0.rowCount == history.rowCount && $0.columnCount == history.columnCount }) ?? true else {
            throw ModelError.badArtifact(path: "boost", reason: "boost and history disagree on users and items")
        }
        self.init(config: config, map: LinearItemMap(history: history, weights: weights, boost: boost))
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(weights, "weights", shape: [itemCount, itemCount])
        if let boost = map.boost { artifact.store(boost, "boost") }
    }

    /// Refuses more items than LAPACK's 32-bit indices reach.
    static func checkItemCount(_ count: Int) throws {
        guard count <= 46_340 else {
            throw ModelError.unfit(
                model: kind,
                reason: "\(count) items need \(count * count * 4 >> 30) GB; drop rare items with k-core, or use ials")
        }
    }
}

extension InteractionMatrix {
    /// Fills the dense [items, items] `product` with `self`ᵀ `other` for two matrices over the same users;
    /// sums of counts up to 2²⁴ are exact. `product` must be zero.
    func fillTransposedProduct(with other: InteractionMatrix, _ product: inout [Float], pool: WorkerPool) {
        let byItem = transposed()
        let values = isBinary && other.isBinary ? nil : other.values
        product.withUnsafeMutableBufferPointer { product in
            guard let base = product.baseAddress else { return }
            let place = SharedPointer(base)  // Each item writes its own row.
            _ = pool.map(columnCount) { item in
                let users = byItem[Int32(item)]
                users.withUnsafeBufferPointer { users in
                    byItem.values(of: Int32(item)).withUnsafeBufferPointer { weights in
                        let row = place.pointer + item * other.columnCount
                        if let values {
                            mq_add_rows(
                                other.offsets, other.columns, values, users.baseAddress, weights.baseAddress,
                                users.count, row)
                        } else {
                            mq_add_rows(other.offsets, other.columns, nil, users.baseAddress, nil, users.count, row)
                        }
                    }
                }
            }
        }
    }
}

internal import CMarqueeKernels
internal import COpenBLAS
public import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// EASEᴿ (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019): the linear map from
/// a history to itself that may not use an item to predict that item, in closed form.
///
/// P = (XᵀX + λI)⁻¹, B[j, i] = −P[j, i] / P[i, i] and 0 on the diagonal; score(u, ·) = x_u B.
/// O(items³) time and items² floats: 3,706 items take 55 MB, 27,278 take 3 GB.
public struct EASE: Recommender, ItemSimilarity, Explaining {
    public struct Config: ModelConfig {
        /// λ; 1000 was best on validation of ml-1m-ncf (of 200 … 2000).
        public var regularization: Float = 1000

        public init() {}

        public var problem: String? { regularization > 0 ? nil : "regularization must be positive" }
    }

    public static let kind = "ease"
    public let config: Config
    /// X, users × items.
    public let history: InteractionMatrix
    /// B, [items, items].
    public let weights: [Float]

    public var userCount: Int { history.rowCount }
    public var itemCount: Int { history.columnCount }

    /// What LAPACK's 32-bit indices reach.
    private static let largestItemCount = 46_340

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> EASE {
        let count = data.itemCount
        guard count <= largestItemCount else {
            throw ModelError.unfit(
                model: kind,
                reason: "\(count) items need \(count * count * 4 >> 30) GB; drop rare items with k-core, or use ials")
        }
        guard count > 0 else { return EASE(config: config, history: data.interactions, weights: []) }
        var matrix = [Float](repeating: 0, count: count * count)
        fillGram(&matrix, data.interactions, config.regularization, in: context)
        try invert(&matrix, count)
        // The inverse stands in the upper triangle, row-major; columns are divided by their diagonal.
        let diagonal = (0..<count).map { matrix[$0 * count + $0] }
        matrix.withUnsafeMutableBufferPointer { matrix in
            for row in 0..<count {
                for column in row + 1..<max(count, row + 1) {
                    let entry = matrix[row * count + column]
                    matrix[row * count + column] = -entry / diagonal[column]
                    matrix[column * count + row] = -entry / diagonal[row]
                }
                matrix[row * count + row] = 0
            }
        }
        return EASE(config: config, history: data.interactions, weights: matrix)
    }

    /// XᵀX + λI; counts up to 2²⁴ are exact.
    private static func fillGram(
        _ matrix: inout [Float], _ history: InteractionMatrix, _ regularization: Float, in context: FitContext
    ) {
        let count = history.columnCount
        let byItem = history.transposed()
        matrix.withUnsafeMutableBufferPointer { matrix in
            let place = SharedPointer(matrix.baseAddress!)  // There are items.
            _ = context.pool.map(count) { item in
                let users = byItem[Int32(item)]
                let row = place.pointer + item * count
                users.withUnsafeBufferPointer {
                    mq_add_rows(history.offsets, history.columns, nil, $0.baseAddress, nil, users.count, row)
                }
                row[item] += regularization
            }
        }
    }

    /// Overwrites the upper triangle, row-major, by that of the inverse.
    private static func invert(_ matrix: inout [Float], _ count: Int) throws {
        BLAS.prepare()
        var (n, info) = (Int32(count), Int32(0))
        // LAPACK's columns are our rows, so its lower triangle is our upper one.
        spotrf_("L", &n, &matrix, &n, &info)
        if info == 0 { spotri_("L", &n, &matrix, &n, &info) }
        guard info == 0 else {
            throw ModelError.unfit(model: kind, reason: "its Gram matrix is singular in single precision; raise regularization")
        }
    }

    public func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= users.count * items.count)
        scores.withUnsafeMutableBufferPointer { scores in
            weights.withUnsafeBufferPointer { weights in
                guard let out = scores.baseAddress, let weights = weights.baseAddress else { return }
                for (k, user) in users.enumerated() {
                    history[user].withUnsafeBufferPointer {
                        mq_sum_dense_rows(
                            weights + items.lowerBound, itemCount, $0.baseAddress, $0.count, items.count,
                            out + k * items.count)
                    }
                }
            }
        }
    }

    public func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        precondition(scores.count >= candidates.count)
        scores.withUnsafeMutableBufferPointer { scores in
            history[user].withUnsafeBufferPointer {
                mq_sum_dense_columns(
                    weights, itemCount, $0.baseAddress, $0.count, candidates, candidates.count, scores.baseAddress)
            }
        }
    }

    public func similarities(to item: Int32) -> [Float] {
        Array(weights[Int(item) * itemCount..<(Int(item) + 1) * itemCount])
    }

    public func contributions(user: Int32, items: [Int32], history: [Int32]) -> [[Float]] {
        items.map { item in history.map { weights[Int($0) * itemCount + Int(item)] } }
    }
}

extension EASE {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        let history = try artifact.matrix("history")
        let weights = try artifact.floats("weights", shape: [history.columnCount, history.columnCount])
        self.init(config: config, history: history, weights: weights)
    }

    public func save(to artifact: inout Artifact) throws {
        artifact.store(history, "history")
        artifact.store(weights, "weights", shape: [itemCount, itemCount])
    }
}

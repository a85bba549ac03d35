internal import COpenBLAS
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// Ridge regression from everything that users did to what they bought: B = argmin ‖Y − XB‖² + λ‖B‖²,
/// in closed form B = (XᵀX + λI)⁻¹ XᵀY, with X the behaviors' weights and Y the target, users × items;
/// score(u, ·) = x_u B.
///
/// Unlike EASEᴿ's, its diagonal is free: it learns how often an item that was viewed is bought. A linear
/// multi-output regression (Hoerl and Kennard, Technometrics 1970), of which EASEᴿ is the case Y = X with
/// a zero diagonal. O(items³) time and 2 × items² floats while fitting.
public struct Ridge: LinearItemRecommender {
    public struct Config: ModelConfig {
        /// λ.
        public var regularization: Float = 200
        /// Of which interactions X is made.
        public var behaviors = BehaviorWeights.all

        public init() {}

        public static var tiny: Config { Config { $0.regularization = 2 } }

        public var problem: String? { regularization > 0 ? behaviors.problem : "regularization must be positive" }
    }

    public static let kind = "ridge"
    static let matrixCount = 2
    public let config: Config
    public let map: LinearItemMap

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> Ridge {
        let count = data.itemCount
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        let history = data.matrix(of: behaviors)
        // YᵀX: row i is the right-hand side of target item i, and becomes column i of B.
        var solutions = [Float](repeating: 0, count: count * count)
        data.interactions.fillTransposedProduct(with: history, &solutions, pool: context.pool)
        var gram = [Float](repeating: 0, count: count * count)
        history.fillTransposedProduct(with: history, &gram, pool: context.pool)
        for item in 0..<count { gram[item * count + item] += config.regularization }
        try solve(&gram, &solutions, count, pool: context.pool)
        transpose(&solutions, count)
        return Ridge(config: config, map: LinearItemMap(history: history, weights: solutions, behaviors: behaviors))
    }

    /// Overwrites each row b of `rows` by the solution of `gram` x = b, and `gram` by its Cholesky factor.
    private static func solve(_ gram: inout [Float], _ rows: inout [Float], _ count: Int, pool: WorkerPool) throws {
        guard count > 0 else { return }
        BLAS.prepare()
        var (n, info) = (Int32(count), Int32(0))
        // LAPACK's columns are our rows, and the Gram matrix is symmetric.
        spotrf_("L", &n, &gram, &n, &info)
        guard info == 0 else {
            throw ModelError.unfit(
                model: kind, reason: "its Gram matrix is singular in single precision; raise regularization")
        }
        let blockSize = 256
        gram.withUnsafeMutableBufferPointer { gram in
            rows.withUnsafeMutableBufferPointer { rows in
                // Not empty. The factor is only read; each block writes its own rows.
                let (factor, place) = (SharedPointer(gram.baseAddress!), SharedPointer(rows.baseAddress!))
                _ = pool.map((count + blockSize - 1) / blockSize) { block in
                    let start = block * blockSize
                    var (n, width, info) = (Int32(count), Int32(min(blockSize, count - start)), Int32(0))
                    spotrs_("L", &n, &width, factor.pointer, &n, place.pointer + start * count, &n, &info)
                }
            }
        }
    }

    private static func transpose(_ matrix: inout [Float], _ count: Int) {
        matrix.withUnsafeMutableBufferPointer { matrix in
            let tile = 64
            for top in stride(from: 0, to: count, by: tile) {
                for left in stride(from: top, to: count, by: tile) {
                    for row in top..<min(top + tile, count) {
                        for column in max(left, row + 1)..<max(left + tile, row + 1) where column < count {
                            matrix.swapAt(row * count + column, column * count + row)
                        }
                    }
                }
            }
        }
    }
}

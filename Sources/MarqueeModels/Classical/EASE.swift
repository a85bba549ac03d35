internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// EASEᴿ (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019): the linear map from
/// a history to itself that may not use an item to predict that item, in closed form.
///
/// P = (XᵀX + λI)⁻¹, B[j, i] = −P[j, i] / P[i, i] and 0 on the diagonal; score(u, ·) = x_u B.
/// Over several behaviors X holds their weights, and since the diagonal cannot say that what is in the
/// cart may be bought next, `boost` can.
/// O(items³) time and items² floats: 3,706 items take 55 MB, 27,278 take 3 GB.
public struct EASE: LinearItemRecommender {
    public struct Config: ModelConfig {
        /// λ; 1000 was best on validation of ml-1m-ncf (of 200 … 2000).
        public var regularization: Float = 1000
        /// Of which interactions X is made.
        public var behaviors = BehaviorWeights.target
        /// By behavior, what is added to the score of an item that the user has touched with it.
        public var boost: [String: Float] = [:]

        public init() {}

        public static var tiny: Config { Config { $0.regularization = 2 } }

        public var problem: String? {
            if !boost.values.allSatisfy(\.isFinite) { return "boost must be finite" }
            return regularization > 0 ? behaviors.problem : "regularization must be positive"
        }
    }

    public static let kind = "ease"
    static let matrixCount = 1
    public let config: Config
    public let map: LinearItemMap

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> EASE {
        let count = data.itemCount
        let behaviors = try data.historyWeights(config.behaviors, for: kind)
        let history = data.matrix(of: behaviors)
        let boost =
            config.boost.isEmpty ? nil : try data.historyWeights(config.boost.map { ($0.key, $0.value) }, for: kind)
        var matrix = [Float](repeating: 0, count: count * count)
        if count > 0 {
            history.fillTransposedProduct(with: history, &matrix, pool: context.pool)
            try GramInverse.overwrite(&matrix, count, regularization: config.regularization, model: kind)
        }
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
        return EASE(
            config: config,
            map: LinearItemMap(
                history: history, weights: matrix, behaviors: behaviors, boost: boost.map { data.matrix(of: $0) },
                boostBehaviors: boost))
    }
}

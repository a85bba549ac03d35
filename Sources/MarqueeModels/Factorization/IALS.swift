internal import COpenBLAS
internal import Foundation
public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime
internal import MarqueeTensor

/// Implicit alternating least squares, as in "Revisiting the Performance of iALS on Item
/// Recommendation Benchmarks" (Rendle, Krichene, Zhang, Koren, RecSys 2022; first Hu, Koren and
/// Volinsky, ICDM 2008).
///
/// Minimizes, over user factors w [users, factors] and item factors h [items, factors],
///
///     Σ_(u,i)∈S (w_u·h_i − 1)² + α₀ Σ_u Σ_i (w_u·h_i)²
///       + λ Σ_u (|I_u| + α₀|I|)^ν ‖w_u‖² + λ Σ_i (|U_i| + α₀|U|)^ν ‖h_i‖²
///
/// by solving for all users with the items fixed, then for all items with the users fixed. An epoch is
/// O(|S|·factors + (users + items)·factors²) by conjugate gradients. The defaults were best on
/// validation of ml-1m-ncf at 64 factors; α₀ follows the data's density from there.
///
/// A history is answered by one exact step of the alternation (``userFactors(of:)``): O(items of the history · factors²
/// + factors³), by Cholesky, whatever the fit's solver.
public struct IALS: FactorRecommender, FoldIn {
    public struct Config: EpochTrained {
        /// The length of a factor vector, d.
        public var factors = 64
        public var epochs = 12
        /// α₀, the weight of every pair beside the observed ones; nil follows the data, see ``resolved(for:)``.
        public var unobservedWeight: Float?
        /// λ.
        public var regularization: Float = 0.005
        /// ν: 1 scales the regularization with how often a user or item occurs, 0 treats all alike.
        public var exponent: Float = 1
        /// σ: factors begin as N(0, σ/√d).
        public var initialScale: Float = 0.1
        public var solver = Solver.conjugateGradient
        /// Conjugate-gradient steps a solve, from where the last epoch left off.
        public var steps = 3
        /// Epochs without a better validation figure before training stops; the best epoch is kept.
        public var patience = 4

        public init() {}

        public static var tiny: Config { Config { ($0.factors, $0.epochs, $0.regularization) = (8, 12, 0.01) } }

        public var problem: String? {
            if factors < 1 { return "factors must be at least 1" }
            if epochs < 1 { return "epochs must be at least 1" }
            if steps < 1 { return "steps must be at least 1" }
            if patience < 1 { return "patience must be at least 1" }
            if let unobservedWeight, !(unobservedWeight >= 0) { return "unobserved-weight must not be negative" }
            if !(regularization > 0) { return "regularization must be positive" }
            if !(initialScale > 0) { return "initial-scale must be positive" }
            return nil
        }
    }

    public enum Solver: String, Codable, Sendable, CaseIterable {
        case cholesky
        case conjugateGradient = "conjugate-gradient"
    }

    public static let kind = "ials"
    public let config: Config
    public let factors: FactorScorer
    let behaviors: HistoryWeights
    /// α₀ HᵀH, [factors, factors].
    private let gram: [Float]

    /// - Parameter behaviors: what of a history counts.
    public init(config: Config, factors: FactorScorer, behaviors: HistoryWeights) {
        self.config = config
        self.factors = factors
        self.behaviors = behaviors
        let d = factors.rank
        var gram = [Float](repeating: 0, count: d * d)
        if factors.itemCount > 0 {
            BLAS.multiply(
                m: d, n: d, k: factors.itemCount, alpha: config.alpha, factors.itemFactors,
                transposeA: true, factors.itemFactors, into: &gram)
        }
        self.gram = gram
    }

    /// Of data with one behavior.
    public init(config: Config, factors: FactorScorer) {
        self.init(config: config, factors: factors, behaviors: .single)
    }

    public static func fit(_ config: Config, to data: TrainingSet, in context: FitContext) throws -> IALS {
        let config = config.resolved(for: data.interactions)
        let descent = IALSDescent(config, data.interactions, seed: context.seed, pool: context.pool)
        let behaviors = data.targetWeights
        let validation = data.validation.map { validation in
            validation.figure(pool: context.pool) {
                let factors = descent.factors
                // People who are not in the data are asked for by their histories.
                return validation.histories == nil
                    ? factors : IALS(config: config, factors: factors, behaviors: behaviors)
            }
        }
        try Trainer(
            kind, descent, epochs: config.epochs, patience: config.patience, validation: validation,
            identity: try data.identity(of: kind, config, seed: context.seed), in: context
        ).run()
        return IALS(config: config, factors: descent.factors, behaviors: behaviors)
    }
}

extension IALS {
    /// w = A⁻¹ Σ_(j ∈ history) h_j with A = Σ_(j ∈ history) h_j h_jᵀ + α₀ HᵀH + λ (n + α₀|I|)^ν 1: where the function of
    /// the fit, with the items' factors held fixed, is least. 0 for a history without items.
    public func userFactors(of query: Query) -> [Float] {
        let own = behaviors.rows(of: [query], itemCount: itemCount)[0]
        guard !own.isEmpty else { return Array(repeating: 0, count: factors.rank) }
        let rows = own.flatMap(row)
        var sum = [Float](repeating: 0, count: factors.rank)
        let ones = [Float](repeating: 1, count: own.count)
        BLAS.multiply(m: 1, n: factors.rank, k: own.count, ones, rows, into: &sum)
        return solve(rows, count: own.count, for: sum)
    }

    private func row(_ item: Int32) -> ArraySlice<Float> {
        factors.itemFactors[Int(item) * factors.rank..<(Int(item) + 1) * factors.rank]
    }

    /// A⁻¹ x for each row x of `sides`, A being that of a history with the item factors `own`, [count, factors].
    private func solve(_ own: [Float], count: Int, for sides: [Float]) -> [Float] {
        let d = factors.rank
        var (a, solutions) = (gram, sides)
        BLAS.multiply(m: d, n: d, k: count, own, transposeA: true, own, beta: 1, into: &a)
        let ridge = config.ridge(count: count, others: itemCount)
        for j in 0..<d { a[j * d + j] += ridge }
        BLAS.prepare()
        var (n, width, info) = (Int32(d), Int32(sides.count / d), Int32(0))
        spotrf_("L", &n, &a, &n, &info)
        // Singular in single precision, which the ridge keeps from happening: nothing is known.
        guard info == 0 else { return sides.map { _ in 0 } }
        spotrs_("L", &n, &width, a, &n, &solutions, &n, &info)
        return solutions
    }
}

extension IALS: Explaining {
    /// w = A⁻¹ Σ_j h_j, so item j gives h_i·A⁻¹h_j to the score of i (Hu et al. 2008, section 5).
    public func contributions(_ query: Query, items: [Int32], history: [Int32]) -> [[Float]] {
        guard !items.isEmpty, !history.isEmpty else { return items.map { _ in [] } }
        let own = history.flatMap(row)
        let solutions = solve(own, count: history.count, for: items.flatMap(row))
        var contributions = [Float](repeating: 0, count: items.count * history.count)
        BLAS.multiply(
            m: items.count, n: history.count, k: factors.rank, solutions, own, transposeB: true, into: &contributions)
        return items.indices.map { Array(contributions[$0 * history.count..<($0 + 1) * history.count]) }
    }
}

extension IALS {
    public init(config: Config, from artifact: borrowing Artifact) throws {
        self.init(
            config: config, factors: try FactorScorer(from: artifact), behaviors: try artifact.historyWeights())
    }

    public func save(to artifact: inout Artifact) throws {
        factors.save(to: &artifact)
        artifact.store(behaviors)
    }
}

extension IALS.Config {
    /// The weight that was best on ML-1M, and the most that data are given where they have no say.
    static let largestUnobservedWeight: Float = 0.3

    /// The configuration with α₀ = min(0.3, 7 |S| / (|U| |I|)) where it is not given.
    ///
    /// The term α₀|I| stands beside a user's |I_u| in the regularization and in the sums that are solved. With α₀ held at
    /// ML-1M's 0.3, it is thousands of times |I_u| on sparse data, and all factors shrink to 0. In proportion to the
    /// density it is 7 times the mean |I_u| on any data, which is what it is on ML-1M. The weights that Rendle et al. (2022)
    /// tuned fall with the density so: 0.3 on ML-1M (density 4.4 %), 0.1 on ML-20M (0.4 %), 0.007 on Pinterest (0.27 %),
    /// 0.02 on MSD (0.14 %).
    public func resolved(for interactions: InteractionMatrix) -> Self {
        var config = self
        let pairs = Double(interactions.rowCount) * Double(interactions.columnCount)
        let density = Double(interactions.entryCount) / max(pairs, 1)
        config.unobservedWeight = unobservedWeight ?? min(Self.largestUnobservedWeight, Float(7 * density))
        return config
    }

    /// α₀.
    var alpha: Float { unobservedWeight ?? Self.largestUnobservedWeight }

    /// λ (count + α₀·others)^ν.
    func ridge(count: Int, others: Int) -> Float {
        regularization * powf(Float(count) + alpha * Float(others), exponent)
    }
}

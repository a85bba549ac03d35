internal import COpenBLAS
internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeTensor

/// Folds a history into a factorization of the logistic loss: ``MatrixFactorization``.
///
/// With the items' factors q and biases b fixed, a person with items H among I is the (p, β) of least
///
///     Σ_(i ∈ H) log(1 + e^-z_i) + n |H| / (|I| − |H|) Σ_(j ∉ H) log(1 + e^z_j) + λ/2 |H| (1 + n) (|p|² + β²)
///
/// with z_i = p·q_i + b_i + β: what the fit's loss is on the mean over its draws of n negatives a positive. It is
/// strictly convex and found by Newton's method, O(items · factors²) a step and some ten steps; no chance has part
/// in it.
struct LogisticFoldIn: FoldIn {
    let factors: FactorScorer
    /// What of a history counts.
    let behaviors: HistoryWeights
    /// n.
    let negatives: Int
    /// λ, above 0.
    let regularization: Float
    /// [q ‖ 1], [items, rank + 1].
    private let rows: [Float]

    private static let stepLimit = 50

    init(_ factors: FactorScorer, behaviors: HistoryWeights, negatives: Int, regularization: Float) {
        precondition(regularization > 0)
        self.factors = factors
        self.behaviors = behaviors
        self.negatives = negatives
        self.regularization = regularization
        var rows: [Float] = []
        rows.reserveCapacity(factors.itemCount * (factors.rank + 1))
        for item in 0..<factors.itemCount {
            rows += factors.itemFactors[item * factors.rank..<(item + 1) * factors.rank]
            rows.append(1)
        }
        self.rows = rows
    }

    var userCount: Int { factors.userCount }
    var itemCount: Int { factors.itemCount }
    var scoresTiles: Bool { true }

    func score(users: [Int32], items: Range<Int>, into scores: inout MutableSpan<Float>) {
        factors.score(users: users, items: items, into: &scores)
    }

    func score(user: Int32, candidates: [Int32], into scores: inout MutableSpan<Float>) {
        factors.score(user: user, candidates: candidates, into: &scores)
    }

    /// p; 0 for a history without items.
    func userFactors(of query: Query) -> [Float] {
        let own = behaviors.rows(of: [query], itemCount: itemCount)[0]
        guard !own.isEmpty else { return Array(repeating: 0, count: factors.rank) }
        var isOwn = [Bool](repeating: false, count: itemCount)
        for item in own { isOwn[Int(item)] = true }
        let weight = Float(negatives * own.count) / Float(max(1, itemCount - own.count))
        let ridge = regularization * Float(own.count * (1 + negatives))
        var current = Point([Float](repeating: 0, count: factors.rank + 1), self, isOwn, weight: weight, ridge: ridge)
        for _ in 0..<Self.stepLimit {
            guard let step = current.newtonStep(self, isOwn, weight: weight, ridge: ridge) else { break }
            // The whole step unless it leads up again.
            var scale: Float = 1
            var next = current
            repeat {
                next = Point(
                    zip(current.theta, step).map { $0 - scale * $1 }, self, isOwn, weight: weight, ridge: ridge)
                scale /= 2
            } while next.loss > current.loss && scale > 1e-4
            // No lower in single precision: the minimum.
            guard next.loss < current.loss else { break }
            current = next
        }
        return Array(current.theta.dropLast())
    }

    /// (p, β), with the logits that follow from it.
    private struct Point {
        let theta: [Float]
        /// By item.
        let logits: [Float]
        let loss: Double

        init(_ theta: [Float], _ model: LogisticFoldIn, _ isOwn: [Bool], weight: Float, ridge: Float) {
            self.theta = theta
            var logits = model.factors.itemBias ?? [Float](repeating: 0, count: model.itemCount)
            BLAS.multiply(m: model.itemCount, n: 1, k: theta.count, model.rows, theta, beta: 1, into: &logits)
            self.logits = logits
            var loss = 0.5 * Double(ridge) * theta.reduce(0) { $0 + Double($1) * Double($1) }
            for (item, logit) in logits.enumerated() {
                let z = Double(isOwn[item] ? -logit : logit)
                loss += (isOwn[item] ? 1 : Double(weight)) * (max(z, 0) + log1p(exp(-abs(z))))
            }
            self.loss = loss
        }

        /// (XᵀSX + ridge · 1)⁻¹ times the gradient, S the curvatures by item; nil where the matrix is singular in
        /// single precision.
        func newtonStep(_ model: LogisticFoldIn, _ isOwn: [Bool], weight: Float, ridge: Float) -> [Float]? {
            let width = theta.count
            var scaled = model.rows
            var slopes = [Float](repeating: 0, count: model.itemCount)
            for (item, logit) in logits.enumerated() {
                let likely = 1 / (1 + exp(-logit))
                slopes[item] = isOwn[item] ? likely - 1 : weight * likely
                let curvature = (isOwn[item] ? 1 : weight) * likely * (1 - likely)
                for k in item * width..<(item + 1) * width { scaled[k] *= curvature }
            }
            var gradient = theta.map { ridge * $0 }
            BLAS.multiply(m: 1, n: width, k: model.itemCount, slopes, model.rows, beta: 1, into: &gradient)
            var hessian = [Float](repeating: 0, count: width * width)
            BLAS.multiply(
                m: width, n: width, k: model.itemCount, model.rows, transposeA: true, scaled, into: &hessian)
            for k in 0..<width { hessian[k * width + k] += ridge }
            var (n, one, info) = (Int32(width), Int32(1), Int32(0))
            spotrf_("L", &n, &hessian, &n, &info)
            guard info == 0 else { return nil }
            spotrs_("L", &n, &one, hessian, &n, &gradient, &n, &info)
            return gradient
        }
    }
}

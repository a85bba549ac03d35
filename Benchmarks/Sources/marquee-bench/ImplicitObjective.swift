import COpenBLASBench
import MarqueeData

/// What `implicit` minimizes, per entry of the matrix:
///
///     Σ_observed c (1 − x·y)² + Σ_others (x·y)² + r (Σ|x|² + Σ|y|²).
///
/// iALS weighs the same terms otherwise: Σ_observed (1 − x·y)² + α Σ_all (x·y)² + λ (Σ|x|² + Σ|y|²).
/// With c = 1 + 1/α and r = λ c the two have the same minima but for the factors' length: ours
/// times √(c / (c − 1)) are theirs.
struct ImplicitObjective: Sendable {
    /// c, of every entry.
    var confidence = 11.0
    /// r.
    var regularization = 11.0

    /// α of the same problem in iALS.
    var unobservedWeight: Double { 1 / (confidence - 1) }
    /// λ of the same problem in iALS.
    var penalty: Double { regularization / confidence }

    /// The objective at the factors of iALS, [rows, d] each, brought to implicit's length.
    func value(users: [Float], items: [Float], factors: Int, matrix: InteractionMatrix) -> Double {
        let stretch = confidence / (confidence - 1)
        var total = 0.0
        let userGram = gram(users, factors)
        let itemGram = gram(items, factors)
        for k in userGram.indices { total += userGram[k] * itemGram[k] * stretch * stretch }
        for user in 0..<matrix.rowCount {
            for entry in matrix.offsets[user]..<matrix.offsets[user + 1] {
                let item = Int(matrix.columns[entry])
                var score: Float = 0
                for k in 0..<factors { score += users[user * factors + k] * items[item * factors + k] }
                let stretched = Double(score) * stretch
                total += confidence * (1 - stretched) * (1 - stretched) - stretched * stretched
            }
        }
        let lengths = (0..<factors).reduce(0.0) { $0 + userGram[$1 * factors + $1] + itemGram[$1 * factors + $1] }
        return (total + regularization * stretch * lengths) / Double(matrix.entryCount)
    }

    /// Rowsᵀ · rows in double precision.
    private func gram(_ rows: [Float], _ factors: Int) -> [Double] {
        var gram = [Double](repeating: 0, count: factors * factors)
        let width = Int32(factors)
        let step = 4096 * factors
        for begin in stride(from: 0, to: rows.count, by: step) {
            let block = rows[begin..<min(begin + step, rows.count)].map { Double($0) }
            cblas_dgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, width, width, Int32(block.count / factors), 1, block, width,
                block, width, 1, &gram, width)
        }
        return gram
    }
}

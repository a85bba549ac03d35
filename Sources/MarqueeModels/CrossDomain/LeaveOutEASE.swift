internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// ``EASE`` of one domain that can take a person, and one of their interactions, out of itself exactly.
///
/// With P = (XᵀX + λI)⁻¹ the score is s_i = x_i − (P x)_i / P_ii, where x has no i: EASEᴿ's zero diagonal. Without person u,
/// Sherman and Morrison's formula gives P' = P + v vᵀ / (1 − q) with v = P x_u and q = x_uᵀ v, and of the history x without
/// the hidden item h
///
///     s_i = −(P'(x − e_h))_i / P'_ii = −(v_i / (1 − q) − P_ih − v_i v_h / (1 − q)) / (P_ii + v_i² / (1 − q))
///
/// So a network on top learns from what EASEᴿ says of people whom it has not seen.
struct LeaveOutEASE: Sendable {
    let itemCount: Int
    /// P, [items, items].
    let inverse: [Float]

    init(itemCount: Int, inverse: [Float]) {
        self.itemCount = itemCount
        self.inverse = inverse
    }

    init(_ history: InteractionMatrix, regularization: Float, model: String, pool: WorkerPool) throws {
        let count = history.columnCount
        guard count * count * 4 < Int(clamping: ProcessInfo.processInfo.physicalMemory) / 2, count <= 46_340 else {
            throw ModelError.unfit(
                model: model,
                reason: "ease over \(count) items needs \(Figures.bytes(count * count * 4)); leave it out, "
                    + "or drop rare items with k-core")
        }
        var matrix = [Float](repeating: 0, count: count * count)
        history.fillTransposedProduct(with: history, &matrix, pool: pool)
        try GramInverse.overwriteWhole(&matrix, count, regularization: regularization, model: model)
        self.init(itemCount: count, inverse: matrix)
    }

    /// Scores of candidates from a history.
    /// - Parameter hidden: nil for a history as it is; else the person of this history is taken out, and the items among
    ///   it that `hidden` holds too.
    func scores(_ history: [Int32], of candidates: [Int32], hiding hidden: Int32?) -> [Float] {
        inverse.withUnsafeBufferPointer { inverse in
            func p(_ i: Int32, _ j: Int32) -> Float { inverse[Int(i) * itemCount + Int(j)] }
            func product(_ i: Int32) -> Float {
                let row = Int(i) * itemCount
                return history.reduce(0) { $0 + inverse[row + Int($1)] }
            }
            guard let hidden else {
                return candidates.map { item in
                    let own: Float = history.contains(item) ? p(item, item) : 0
                    return (own - product(item)) / p(item, item)
                }
            }
            // History has the hidden item: it was there when P was made.
            let rest = max(1 - history.reduce(Float(0)) { $0 + product($1) }, 1e-3)
            let hiddenProduct = product(hidden)
            return candidates.map { item in
                let v = product(item)
                let diagonal = p(item, item) + v * v / rest
                return -(v / rest - p(item, hidden) - v * hiddenProduct / rest) / diagonal
            }
        }
    }
}

internal import MarqueeData

/// How alike two items are by a model's weights W from item to item: W[i, j] / √(‖W[i, ·]‖ ‖W[·, j]‖), what i says for j
/// over all that i says and all that is said for j.
///
/// The weight alone is large where either item speaks for much or is spoken for by much: a regularization that is strong
/// for the data makes EASEᴿ's weights co-occurrences, by which the nearest to anything is what everybody has seen. The
/// normalization is that of directed graphs by both degrees, D_out^−½ W D_in^−½, with norms for degrees.
struct ItemWeights: Sendable, Equatable {
    static let measure = "the model's weight between the two over the weights of either"

    /// 1 / √‖W[i, ·]‖ and 1 / √‖W[·, j]‖; 0 for an item without weights.
    private let outward, inward: [Float]

    private init(outwardSquares: [Float], inwardSquares: [Float]) {
        func scale(_ squares: [Float]) -> [Float] { squares.map { $0 > 0 ? 1 / $0.squareRoot().squareRoot() : 0 } }
        outward = scale(outwardSquares)
        inward = scale(inwardSquares)
    }

    /// Of a dense matrix, [count, count]. O(count²).
    init(_ weights: [Float], count: Int) {
        var (outward, inward) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        weights.withUnsafeBufferPointer { weights in
            inward.withUnsafeMutableBufferPointer { inward in
                for row in 0..<count {
                    var sum: Float = 0
                    for column in 0..<count {
                        let weight = weights[row * count + column]
                        let square = weight * weight
                        sum += square
                        inward[column] += square
                    }
                    outward[row] = sum
                }
            }
        }
        self.init(outwardSquares: outward, inwardSquares: inward)
    }

    /// Of a sparse matrix. O(entries).
    init(_ weights: InteractionMatrix) {
        var (outward, inward) = (
            [Float](repeating: 0, count: weights.rowCount), [Float](repeating: 0, count: weights.columnCount)
        )
        for row in 0..<weights.rowCount {
            for entry in weights.offsets[row]..<weights.offsets[row + 1] {
                let square = weights.values[entry] * weights.values[entry]
                outward[row] += square
                inward[Int(weights.columns[entry])] += square
            }
        }
        self.init(outwardSquares: outward, inwardSquares: inward)
    }

    /// The likenesses of all items to `item`, whose row of W is `row`.
    func similarities(of row: [Float], to item: Int32) -> [Float] {
        let own = outward[Int(item)]
        return row.indices.map { row[$0] * own * inward[$0] }
    }
}

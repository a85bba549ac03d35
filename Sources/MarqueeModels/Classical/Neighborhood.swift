internal import CMarqueeKernels
internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime

/// How alike two rows of a sparse matrix are, and how many neighbors each row keeps: what user-kNN
/// and item-kNN share.
public struct NeighborConfig: ModelConfig {
    /// How many neighbors each row keeps, k.
    public var neighbors = 50
    public var similarity = Similarity.cosine
    /// Added to the divisor of cosines, so that rows with little in common count less.
    public var shrinkage: Float = 0
    /// BM25's saturation, k₁.
    public var saturation: Float = 1.2
    /// BM25's normalization by the row's length, b in 0…1.
    public var lengthWeight: Float = 0.75
    /// Of which interactions rows are made and scores summed.
    public var behaviors = BehaviorWeights.target
    /// Whether a row counts among its own neighbors, so that what was touched by another behavior can come back.
    public var returns = false

    public init() {}

    public static var tiny: NeighborConfig { NeighborConfig { $0.neighbors = 4 } }

    public enum Similarity: String, Codable, Sendable, CaseIterable {
        /// x·y / (‖x‖‖y‖ + shrinkage); vectors are binary, or hold the behaviors' weights.
        case cosine
        /// The same over vectors weighted by idf: a feature that few rows have counts more.
        case tfidf = "tf-idf"
        /// x·y over vectors weighted as in Okapi BM25 (Robertson et al., TREC-3).
        case bm25
    }

    public var problem: String? {
        if neighbors < 1 { return "neighbors must be at least 1" }
        if !(shrinkage >= 0) { return "shrinkage must not be negative" }
        if !(saturation > 0) { return "saturation must be positive" }
        if !(0...1).contains(lengthWeight) { return "length-weight must lie in 0…1" }
        return behaviors.problem
    }
}

/// Products of a sparse matrix with itself, row by row in parallel, of which each row keeps its best:
/// the whole product, which may be dense, is never held.
///
/// O(Σ over features of count²) time, O(rows × neighbors) memory beside one row a worker.
struct Neighborhood {
    /// Rows × features, weighted.
    let matrix: InteractionMatrix
    /// Features × rows, weighted.
    let transposed: InteractionMatrix
    /// By row: products of rows r and s are divided by scale(r)·norms[s] + shrinkage.
    let norms: [Float]
    let scales: [Float]
    var shrinkage: Float = 0
    /// Whether a row may be its own neighbor.
    var keepsSelf = false

    /// The `count` rows s (≠ r unless `keepsSelf`) of the greatest positive value for each row r, rows × rows.
    func nearest(_ count: Int, pool: WorkerPool) -> InteractionMatrix {
        let rowCount = matrix.rowCount
        let blockSize = 64
        let blocks = pool.map((rowCount + blockSize - 1) / blockSize) { block -> [[mq_scored]] in
            var sums = [Float](repeating: 0, count: rowCount)
            var best = [mq_scored](repeating: mq_scored(), count: max(1, min(count, rowCount)))
            return (block * blockSize..<min(rowCount, (block + 1) * blockSize)).map { row in
                accumulate(row, into: &sums)
                var kept = 0
                mq_best_update(sums, sums.count, 0, &best, &kept, best.count)
                return best[..<kept].filter { $0.score > 0 }.sorted { $0.item < $1.item }
            }
        }
        var offsets = [0]
        var columns: [Int32] = []
        var values: [Float] = []
        offsets.reserveCapacity(rowCount + 1)
        for row in blocks.joined() {
            columns.append(contentsOf: row.lazy.map(\.item))
            values.append(contentsOf: row.lazy.map(\.score))
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: rowCount, columnCount: rowCount, offsets: offsets, columns: columns, values: values)
    }

    private func accumulate(_ row: Int, into sums: inout [Float]) {
        sums.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        let range = matrix.offsets[row]..<matrix.offsets[row + 1]
        if range.isEmpty { return }
        matrix.columns.withUnsafeBufferPointer { features in
            matrix.values.withUnsafeBufferPointer { weights in
                mq_add_rows(
                    transposed.offsets, transposed.columns, transposed.values, features.baseAddress! + range.lowerBound,
                    weights.baseAddress! + range.lowerBound, range.count, &sums)  // Not empty.
            }
        }
        mq_normalize(&sums, sums.count, scales[row], norms, shrinkage)
        if !keepsSelf { sums[row] = 0 }
    }
}

extension Neighborhood {
    /// Neighbors among the rows of a matrix, as `config` weighs them; its values are term frequencies.
    init(_ matrix: InteractionMatrix, _ config: NeighborConfig) {
        self.init(matrix, RowWeighting(matrix, config))
    }

    init(_ matrix: InteractionMatrix, _ weighting: RowWeighting) {
        let weighted = weighting.weighted(matrix)
        let norms = weighting.norms(weighted)
        self.init(
            matrix: weighted, transposed: weighted.transposed(), norms: norms, scales: norms,
            shrinkage: weighting.config.shrinkage, keepsSelf: weighting.config.returns)
    }
}

/// How rows are weighed before they are compared: what of it is learned from the whole matrix.
struct RowWeighting: Sendable {
    let config: NeighborConfig
    /// By feature.
    private let idf: [Float]
    private let meanLength: Float

    init(_ matrix: InteractionMatrix, _ config: NeighborConfig) {
        self.config = config
        idf = matrix.columnCounts().map { Float(log((Double(matrix.rowCount) + 1) / (Double($0) + 0.5))) }
        meanLength = Float(matrix.entryCount) / Float(max(1, matrix.rowCount))
    }

    /// Rows over the same features, weighed.
    func weighted(_ matrix: InteractionMatrix) -> InteractionMatrix {
        matrix.mapValues { row, feature, value in
            switch config.similarity {
            case .cosine: return value
            case .tfidf: return value * idf[Int(feature)]
            case .bm25:
                let length = Float(matrix.offsets[Int(row) + 1] - matrix.offsets[Int(row)])
                let normalized = 1 - config.lengthWeight + config.lengthWeight * length / max(meanLength, 1)
                return idf[Int(feature)] * value * (config.saturation + 1) / (config.saturation * normalized + value)
            }
        }
    }

    /// What products of weighted rows are divided by, row by row.
    func norms(_ weighted: InteractionMatrix) -> [Float] {
        (0..<Int32(weighted.rowCount)).map { row in
            config.similarity == .bm25
                ? 1 : weighted.values(of: row).reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
    }
}

extension Neighborhood {
    /// The `count` rows most like a row that is given beside the matrix, weighed, of norm `norm`; ascending. It stands
    /// in for the matrix's row `known`, and is its own neighbor, where that is allowed, under the index `known`, or
    /// past the end where it stands in for none.
    /// - Parameter row: the only row of a matrix over the same features.
    func nearest(_ count: Int, to row: InteractionMatrix, norm: Float, as known: Int32?) -> [(row: Int32, value: Float)]
    {
        let (features, weights) = (row[0], row.values(of: 0))
        if features.isEmpty { return [] }
        var sums = [Float](repeating: 0, count: matrix.rowCount + 1)
        features.withUnsafeBufferPointer { features in
            weights.withUnsafeBufferPointer { weights in
                mq_add_rows(
                    transposed.offsets, transposed.columns, transposed.values, features.baseAddress,
                    weights.baseAddress, features.count, &sums)
            }
        }
        let own = Int(known ?? Int32(matrix.rowCount))
        sums[own] = keepsSelf ? weights.reduce(0) { $0 + $1 * $1 } : 0
        var norms = norms
        norms.append(norm)
        norms[own] = norm
        mq_normalize(&sums, sums.count, norm, norms, shrinkage)
        var best = [mq_scored](repeating: mq_scored(), count: max(1, min(count, sums.count)))
        var kept = 0
        mq_best_update(sums, sums.count, 0, &best, &kept, best.count)
        return best[..<kept].filter { $0.score > 0 }.map { ($0.item, $0.score) }.sorted { $0.0 < $1.0 }
    }
}

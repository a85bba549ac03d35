internal import CMarqueeKernels
internal import COpenBLAS
internal import Foundation
internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// What a user–item graph says of a pair beyond where a few steps lead: the user's items and the item, seen
/// through the strongest patterns of who did what.
///
/// Of A, users × items with 1 for every edge, let D_U and D_I be the degrees and A ≈ Σ_m σ_m y_m v_mᵀ the
/// singular value decomposition of D_U^-a A D_I^-b, strongest first. Of a user with items N and an item i are known
///
///     Σ_(m ≤ k) c_m v_m[i],   c_m = |N|^-a Σ_(j ∈ N) d_j^-b v_m[j],
///
/// for some numbers k of patterns and both of (a, b) = (1/2, 1/2), in which the well-connected count for no more
/// than others, and (0, 1/4), in which they count for more: a projection of the user's own row, the low-pass filter
/// that graph collaborative filtering comes down to (Shen et al., "How powerful is graph convolution for
/// recommendation?", CIKM 2021; PureSVD: Cremonesi et al., RecSys 2010).
///
/// Patterns come from subspace iteration (Halko, Martinsson and Tropp, SIAM Review 53(2), 2011, algorithm 4.4):
/// O(iterations · (edges · rank + (users + items) · rank²)) an (a, b).
struct GraphSpectrum: Sendable {
    /// Exponents of the degrees.
    private struct Normalization {
        var user, item: Float
    }

    private static let normalizations = [Normalization(user: 0.5, item: 0.5), Normalization(user: 0, item: 0.25)]
    /// The numbers of patterns that are told of: an eighth, a quarter, a half, all.
    private static let partCount = 4
    static let featureCount = partCount * normalizations.count

    let rank: Int
    /// By normalization: v, [items, ``rank``].
    private let patterns: [[Float]]
    /// By normalization: d^-b, [items]; 0 where there is no edge.
    private let weights: [[Float]]

    /// - Parameter graph: users × items, whose values do not matter.
    /// - Throws: ``Interrupted`` when a stop was asked for.
    init(of graph: InteractionMatrix, rank: Int, stream: RandomStream) throws {
        self.rank = rank
        let degrees = graph.columnSums()
        let weights = Self.normalizations.map { normalization in degrees.map { Self.power($0, -normalization.item) } }
        self.weights = weights
        patterns = try Self.normalizations.enumerated().map { k, normalization in
            try Self.rightSingularVectors(
                of: graph.mapValues { user, item, _ in
                    Self.power(Float(graph[user].count), -normalization.user) * weights[k][Int(item)]
                },
                count: rank, stream: stream)
        }
    }

    private static func power(_ degree: Float, _ exponent: Float) -> Float { degree > 0 ? powf(degree, exponent) : 0 }

    /// A user seen through the patterns.
    struct View: Sendable {
        fileprivate let spectrum: GraphSpectrum
        /// c by normalization, [``rank``].
        fileprivate let coordinates: [[Float]]
    }

    /// A user who has these items. O(items · rank).
    func view(ofUserWith items: [Int32]) -> View {
        let coordinates = Self.normalizations.enumerated().map { k, normalization in
            let scale = Self.power(Float(items.count), -normalization.user)
            let shares = items.map { scale * weights[k][Int($0)] }
            var sums = [Float](repeating: 0, count: rank)
            mq_sum_dense_rows(patterns[k], rank, items, shares, items.count, rank, &sums)
            return sums
        }
        return View(spectrum: self, coordinates: coordinates)
    }
}

extension GraphSpectrum.View {
    /// Writes ``GraphSpectrum/featureCount`` numbers of the user and each of `items`, `stride` apart. O(items · rank).
    func write(items: [Int32], to out: UnsafeMutablePointer<Float>, stride: Int) {
        for (k, coordinates) in coordinates.enumerated() {
            mq_dots_by_part(
                spectrum.patterns[k], spectrum.rank, items, items.count, coordinates, out + k * GraphSpectrum.partCount,
                stride)
        }
    }
}

/// A graph's patterns for whoever asks, and for a learner those that bear no mark of what is learned from.
///
/// Patterns are found in the very interactions that a learner is to predict, and would tell of them what they will
/// not tell of those to come. Users are dealt into folds, and what is learned of a user is seen through the patterns of
/// the graph without that fold (cross-fitting, as in stacking: Wolpert, Neural Networks 5(2), 1992). On BeiBei a
/// learner that saw its own marks gained nothing from patterns at all.
struct CrossFittedSpectrum: Sendable {
    let whole: GraphSpectrum
    /// Without each fold's users; empty where nothing is to be learned any more.
    private let withoutFold: [GraphSpectrum]

    private static let foldCount = 4

    init(of graph: InteractionMatrix, rank: Int, seed: UInt64, pool: WorkerPool) throws {
        var spectra = try pool.map(Self.foldCount + 1) { fold in
            try GraphSpectrum(
                of: graph.choosing { user, items in Self.fold(of: user) == fold ? [] : Array(items) }, rank: rank,
                stream: RandomStream(seed: seed, "patterns", fold))
        }
        // Nobody is of the last fold.
        whole = spectra.removeLast()
        withoutFold = spectra
    }

    /// What is known to one who learns of this user.
    func withoutFold(of user: Int32) -> GraphSpectrum { withoutFold[Self.fold(of: user)] }

    /// By hash, as numbers given to users may follow what they have in common.
    private static func fold(of user: Int32) -> Int { Int(RandomStream.mix(UInt64(user)) % UInt64(foldCount)) }
}

extension GraphSpectrum {
    private static let iterations = 8
    /// Directions followed beside those wanted, so that the weakest of these come out well too.
    private static let oversampling = 16

    /// The `count` strongest, [columns, count], strongest first; zeros past the rank of the matrix.
    private static func rightSingularVectors(of matrix: InteractionMatrix, count: Int, stream: RandomStream) throws
        -> [Float]
    {
        let (rows, columns) = (matrix.rowCount, matrix.columnCount)
        let width = min(count + oversampling, rows, columns)
        guard width > 0 else { return [Float](repeating: 0, count: columns * count) }
        let transposed = matrix.transposed()
        var stream = stream
        let draws = (0..<columns * width).map { _ in Float(stream.normalPair().0) }
        var directions = orthonormal(draws, rows: columns, width: width)
        var images = [Float](repeating: 0, count: rows * width)
        for _ in 0..<iterations {
            multiply(matrix, directions, width: width, into: &images)
            multiply(transposed, images, width: width, into: &directions)
            directions = orthonormal(directions, rows: columns, width: width)
            try Interruption.check()
        }
        // Rayleigh and Ritz: the directions turned to where the matrix stretches them one after the other.
        multiply(matrix, directions, width: width, into: &images)
        let ritz = eigenvectors(ofGramOf: images, rows: rows, width: width).vectors
        let turned = product(directions, rows: columns, with: ritz, width: width)
        var vectors = [Float](repeating: 0, count: columns * count)
        for column in 0..<columns {
            for m in 0..<min(count, width) { vectors[column * count + m] = turned[column * width + m] }
        }
        return vectors
    }

    /// Columns that span what those of `x`, [rows, width], span, orthogonal and of length 1; zeros where there are no more.
    private static func orthonormal(_ x: [Float], rows: Int, width: Int) -> [Float] {
        var (values, vectors) = eigenvectors(ofGramOf: x, rows: rows, width: width)
        let floor = 1e-6 * (values.first ?? 0)
        for m in 0..<width {
            let scale = values[m] > floor ? 1 / values[m].squareRoot() : 0
            for k in 0..<width { vectors[m * width + k] *= scale }
        }
        return product(x, rows: rows, with: vectors, width: width)
    }

    /// Of xᵀx: eigenvalues, the largest first, and an eigenvector a row.
    private static func eigenvectors(ofGramOf x: [Float], rows: Int, width: Int) -> (values: [Float], vectors: [Float])
    {
        var gram = [Float](repeating: 0, count: width * width)
        BLAS.multiply(m: width, n: width, k: rows, x, transposeA: true, x, into: &gram)
        var values = [Float](repeating: 0, count: width)
        var (n, size, info) = (Int32(width), Int32(34 * width), Int32(0))
        var work = [Float](repeating: 0, count: Int(size))
        // Symmetric, so that LAPACK's columns may be our rows; it has the smallest first.
        ssyev_("V", "L", &n, &gram, &n, &values, &work, &size, &info)
        // What does not converge (never seen: only numbers that are not finite do not) has no directions.
        guard info == 0 else { return (values.map { _ in 0 }, gram.map { _ in 0 }) }
        let vectors = (0..<width).reversed().flatMap { gram[$0 * width..<($0 + 1) * width] }
        return (values.reversed(), vectors)
    }

    /// x · vectorsᵀ, [rows, width].
    private static func product(_ x: [Float], rows: Int, with vectors: [Float], width: Int) -> [Float] {
        var result = [Float](repeating: 0, count: rows * width)
        BLAS.multiply(m: rows, n: width, k: width, x, vectors, transposeB: true, into: &result)
        return result
    }

    private static func multiply(_ matrix: InteractionMatrix, _ x: [Float], width: Int, into y: inout [Float]) {
        x.withUnsafeBytes { x in
            y.withUnsafeMutableBytes { y in
                var product = mq_product()
                (product.count, product.width) = (matrix.rowCount, Int32(width))
                (product.x, product.y) = (x.baseAddress, y.baseAddress)
                mq_propagate(matrix.offsets, matrix.columns, matrix.values, &product)
            }
        }
    }
}

extension GraphSpectrum {
    /// - Throws: ``ModelError/badArtifact(path:reason:)`` where what was saved is not of this shape.
    fileprivate init(rank: Int, itemCount: Int, from artifact: borrowing Artifact) throws {
        self.rank = rank
        var (patterns, weights): ([[Float]], [[Float]]) = ([], [])
        for k in Self.normalizations.indices {
            patterns.append(try artifact.floats("patterns.\(k)", shape: [itemCount, rank]))
            weights.append(try artifact.floats("weights.\(k)", shape: [itemCount]))
        }
        (self.patterns, self.weights) = (patterns, weights)
    }

    fileprivate func save(to artifact: inout Artifact) {
        for k in Self.normalizations.indices {
            artifact.store(patterns[k], "patterns.\(k)", shape: [weights[k].count, rank])
            artifact.store(weights[k], "weights.\(k)", shape: [weights[k].count])
        }
    }
}

extension CrossFittedSpectrum {
    /// Of a model that was saved, which is not learned any further.
    init(rank: Int, itemCount: Int, from artifact: borrowing Artifact) throws {
        whole = try GraphSpectrum(rank: rank, itemCount: itemCount, from: artifact)
        withoutFold = []
    }

    func save(to artifact: inout Artifact) { whole.save(to: &artifact) }
}

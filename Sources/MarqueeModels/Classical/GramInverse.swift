internal import COpenBLAS
internal import MarqueeTensor

/// (A + λI)⁻¹ of a symmetric matrix A, such as XᵀX, by Cholesky's decomposition. O(count³).
enum GramInverse {
    /// Overwrites the upper triangle, row-major, of A by that of the inverse.
    /// - Throws: ``ModelError`` where A + λI is not positive definite in single precision.
    static func overwrite(_ matrix: inout [Float], _ count: Int, regularization: Float, model: String) throws {
        guard count > 0 else { return }
        for k in 0..<count { matrix[k * count + k] += regularization }
        BLAS.prepare()
        var (n, info) = (Int32(count), Int32(0))
        // LAPACK's columns are our rows, so its lower triangle is our upper one.
        spotrf_("L", &n, &matrix, &n, &info)
        if info == 0 { spotri_("L", &n, &matrix, &n, &info) }
        guard info == 0 else {
            throw ModelError.unfit(
                model: model, reason: "its Gram matrix is singular in single precision; raise regularization")
        }
    }

    /// The same for both triangles.
    static func overwriteWhole(_ matrix: inout [Float], _ count: Int, regularization: Float, model: String) throws {
        try overwrite(&matrix, count, regularization: regularization, model: model)
        matrix.withUnsafeMutableBufferPointer { matrix in
            for row in 0..<count {
                for column in 0..<row { matrix[row * count + column] = matrix[column * count + row] }
            }
        }
    }
}

internal import COpenBLAS

/// Single-precision matrix products of OpenBLAS, which runs single-threaded: parallelism is the
/// worker pool's (`BLAS.prepare()` sees to it once; every call here does so itself).
public enum BLAS {
    private static let singleThreaded: Void = openblas_set_num_threads(1)

    /// Makes OpenBLAS single-threaded; for those who call it directly.
    @inline(__always) public static func prepare() { singleThreaded }

    /// C ← α op(A) op(B) + β C, all row-major: op(A) is [m, k], op(B) is [k, n], C is [m, n].
    ///
    /// `lda`, `ldb`, `ldc` are the lengths of the stored rows; nil means that rows are dense.
    @inlinable public static func multiply(
        m: Int, n: Int, k: Int, alpha: Float = 1,
        _ a: UnsafePointer<Float>, transposeA: Bool = false, lda: Int? = nil,
        _ b: UnsafePointer<Float>, transposeB: Bool = false, ldb: Int? = nil,
        beta: Float = 0, into c: UnsafeMutablePointer<Float>, ldc: Int? = nil
    ) {
        sgemm(
            m, n, k, alpha, a, transposeA, lda ?? (transposeA ? m : k), b, transposeB, ldb ?? (transposeB ? k : n),
            beta, c, ldc ?? n)
    }

    @usableFromInline static func sgemm(
        _ m: Int, _ n: Int, _ k: Int, _ alpha: Float, _ a: UnsafePointer<Float>, _ transposeA: Bool, _ lda: Int,
        _ b: UnsafePointer<Float>, _ transposeB: Bool, _ ldb: Int, _ beta: Float, _ c: UnsafeMutablePointer<Float>,
        _ ldc: Int
    ) {
        guard m > 0, n > 0 else { return }
        prepare()
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), alpha, a, blasint(max(lda, 1)), b, blasint(max(ldb, 1)), beta, c,
            blasint(max(ldc, 1)))
    }
}

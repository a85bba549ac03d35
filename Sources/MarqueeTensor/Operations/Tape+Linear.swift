internal import CMarqueeKernels

extension Tape {
    /// y = x · Wᵀ + b, then max(0, y) when `relu`; x [n, in], W [out, in], b [1, out] → [n, out].
    public func linear(_ x: Tensor, weight: Tensor, bias: Tensor, relu: Bool = false) -> Tensor {
        precondition(x.columns == weight.columns && bias.count == weight.rows)
        let y = result(rows: x.rows, columns: weight.rows)
        BLAS.multiply(
            m: x.rows, n: weight.rows, k: x.columns, x.value, weight.value, transposeB: true, into: y.value)
        mq_bias_relu(y.value, bias.value, Int32(y.rows), Int32(y.columns), relu ? 1 : 0)
        record(LinearMap(x: x, weight: weight, bias: bias, relu: relu, output: y))
        return y
    }

    /// a · b, or a · bᵀ; a [n, k], b [k, m] or [m, k] → [n, m].
    public func matmul(_ a: Tensor, _ b: Tensor, transposed: Bool = false) -> Tensor {
        precondition(a.columns == (transposed ? b.columns : b.rows))
        // A row and a column lie in memory alike.
        if (transposed ? b.rows : b.columns) == 1 { return matmul(a, vector: b) }
        let y = result(rows: a.rows, columns: transposed ? b.rows : b.columns)
        BLAS.multiply(
            m: a.rows, n: y.columns, k: a.columns, a.value, b.value, transposeB: transposed, into: y.value)
        record(MatrixProduct(a: a, b: b, transposed: transposed, output: y))
        return y
    }

    /// a · v, [n, 1]: not worth a matrix product, which would first copy a into another order.
    private func matmul(_ a: Tensor, vector: Tensor) -> Tensor {
        let y = result(rows: a.rows, columns: 1)
        mq_rows_by_vector(a.value, vector.value, y.value, a.rows, Int32(a.columns))
        record(MatrixVectorProduct(a: a, vector: vector, output: y))
        return y
    }
}

private struct LinearMap: Operation {
    let x, weight, bias: Tensor
    let relu: Bool
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        // Also when nobody wants the bias's gradient: it takes dy through the ReLU, in place.
        let db = tape.target(bias)
        mq_bias_relu_backward(
            dy, output.value, db?.pointer ?? tape.arena.allocate(Float.self, weight.rows), Int32(x.rows),
            Int32(weight.rows), relu ? 1 : 0, db?.flag ?? 0)
        if let dw = tape.target(weight) {
            BLAS.multiply(
                m: weight.rows, n: x.columns, k: x.rows, dy, transposeA: true, x.value, beta: dw.beta,
                into: dw.pointer)
        }
        if let dx = tape.target(x) {
            BLAS.multiply(m: x.rows, n: x.columns, k: weight.rows, dy, weight.value, beta: dx.beta, into: dx.pointer)
        }
    }
}

private struct MatrixProduct: Operation {
    let a, b: Tensor
    /// Whether the product is with bᵀ.
    let transposed: Bool
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let da = tape.target(a) {
            BLAS.multiply(
                m: a.rows, n: a.columns, k: output.columns, dy, b.value, transposeB: !transposed, beta: da.beta,
                into: da.pointer)
        }
        guard let db = tape.target(b) else { return }
        let (left, right) = transposed ? (dy, a.value) : (a.value, dy)
        BLAS.multiply(
            m: b.rows, n: b.columns, k: a.rows, left, transposeA: true, right, beta: db.beta, into: db.pointer)
    }
}

private struct MatrixVectorProduct: Operation {
    let a, vector, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let (da, dv) = (tape.target(a), tape.target(vector))
        mq_rows_by_vector_backward(
            a.value, vector.value, dy, da?.pointer, da?.flag ?? 0, dv?.pointer, dv?.flag ?? 0, a.rows,
            Int32(a.columns))
    }
}

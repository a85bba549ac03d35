internal import CMarqueeKernels

extension Tape {
    /// a + scale · b, elementwise, of equal shapes.
    public func add(_ a: Tensor, _ b: Tensor, scale: Float = 1) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: a.columns)
        mq_axpy(1, a.value, y.value, a.count, 0)
        mq_axpy(scale, b.value, y.value, b.count, 1)
        record(Addition(a: a, b: b, scale: scale, output: y))
        return y
    }

    /// x + b, the single row b [1, columns] or the single value b [1, 1] added to every row.
    public func addBias(_ x: Tensor, _ bias: Tensor) -> Tensor {
        precondition(bias.count == x.columns)
        let y = result(rows: x.rows, columns: x.columns)
        mq_axpy(1, x.value, y.value, x.count, 0)
        mq_bias_relu(y.value, bias.value, Int32(x.rows), Int32(x.columns), 0)
        record(BiasAddition(x: x, bias: bias, output: y))
        return y
    }

    /// a · b, elementwise, of equal shapes.
    public func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: a.columns)
        mq_multiply(a.value, b.value, y.value, a.count, 0)
        record(Product(a: a, b: b, output: y))
        return y
    }

    /// x ∘ f, the single row f [1, columns] multiplied into every row of x.
    public func scaleColumns(_ x: Tensor, by factors: Tensor) -> Tensor {
        precondition(factors.count == x.columns)
        let y = result(rows: x.rows, columns: x.columns)
        mq_scale_columns(x.value, factors.value, y.value, x.rows, Int32(x.columns), 0)
        record(ColumnScaling(x: x, factors: factors, output: y))
        return y
    }

    /// scale · x.
    public func scale(_ x: Tensor, by scale: Float) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        mq_axpy(scale, x.value, y.value, x.count, 0)
        record(Scaling(x: x, scale: scale, output: y))
        return y
    }

    /// The inner product of each row of a with the same row of b: [n, k], [n, k] → [n, 1].
    public func dot(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: 1)
        mq_dot_rows(a.value, b.value, y.value, a.rows, Int32(a.columns))
        record(RowDot(a: a, b: b, output: y))
        return y
    }

    /// Rows that end in a bias: Σ_{c < k} a_c · b_c + a_k + b_k; [n, k + 1], [n, k + 1] → [n, 1].
    public func biasedDot(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: 1)
        mq_biased_dot_rows(a.value, b.value, y.value, a.rows, Int32(a.columns))
        record(BiasedRowDot(a: a, b: b, output: y))
        return y
    }

    /// Σ_k w_k ∘ parts_k, each row with weights of its own: parts [n, width], weights [n, parts] → [n, width].
    public func mix(_ parts: [Tensor], weights: Tensor) -> Tensor {
        precondition(weights.columns == parts.count && parts.allSatisfy { $0.rows == weights.rows })
        let y = result(rows: weights.rows, columns: parts[0].columns)
        for (k, x) in parts.enumerated() {
            precondition(x.columns == y.columns)
            mq_mix(weights.value + k, parts.count, x.value, y.value, x.rows, Int32(x.columns), k > 0 ? 1 : 0)
            record(Mixture(x: x, weights: weights, column: k, output: y))
        }
        return y
    }

    /// The same values as [rows, columns] of equal count; shares memory and gradient.
    public func reshape(_ x: Tensor, rows: Int, columns: Int) -> Tensor {
        precondition(rows * columns == x.count)
        return Tensor(value: x.value, slot: x.slot, rows: rows, columns: columns)
    }
}

private struct Addition: Operation {
    let a, b: Tensor
    let scale: Float
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let da = tape.target(a) { mq_axpy(1, dy, da.pointer, a.count, da.flag) }
        if let db = tape.target(b) { mq_axpy(scale, dy, db.pointer, b.count, db.flag) }
    }
}

private struct BiasAddition: Operation {
    let x, bias, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let db = tape.target(bias) {
            mq_bias_relu_backward(dy, dy, db.pointer, Int32(x.rows), Int32(x.columns), 0, db.flag)
        }
        if let dx = tape.target(x) { mq_axpy(1, dy, dx.pointer, x.count, dx.flag) }
    }
}

private struct Product: Operation {
    let a, b, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let da = tape.target(a) { mq_multiply(dy, b.value, da.pointer, a.count, da.flag) }
        if let db = tape.target(b) { mq_multiply(dy, a.value, db.pointer, b.count, db.flag) }
    }
}

private struct ColumnScaling: Operation {
    let x, factors, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let df = tape.target(factors) {
            mq_scale_columns_factors(dy, x.value, df.pointer, x.rows, Int32(x.columns), df.flag)
        }
        if let dx = tape.target(x) {
            mq_scale_columns(dy, factors.value, dx.pointer, x.rows, Int32(x.columns), dx.flag)
        }
    }
}

private struct Scaling: Operation {
    let x: Tensor
    let scale: Float
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_axpy(scale, dy, dx.pointer, x.count, dx.flag)
    }
}

private struct RowDot: Operation {
    let a, b, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let da = tape.target(a) { mq_scale_rows(dy, b.value, da.pointer, a.rows, Int32(a.columns), da.flag) }
        if let db = tape.target(b) { mq_scale_rows(dy, a.value, db.pointer, a.rows, Int32(a.columns), db.flag) }
    }
}

private struct BiasedRowDot: Operation {
    let a, b, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let da = tape.target(a) { mq_biased_scale_rows(dy, b.value, da.pointer, a.rows, Int32(a.columns), da.flag) }
        if let db = tape.target(b) { mq_biased_scale_rows(dy, a.value, db.pointer, a.rows, Int32(a.columns), db.flag) }
    }
}

/// One part of a mixture.
private struct Mixture: Operation {
    let x, weights: Tensor
    /// Of the weights.
    let column: Int
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let dw = tape.clearedTarget(weights) {
            mq_mix_weights(dy, x.value, dw + column, weights.columns, x.rows, Int32(x.columns))
        }
        if let dx = tape.target(x) {
            mq_mix(weights.value + column, weights.columns, dy, dx.pointer, x.rows, Int32(x.columns), dx.flag)
        }
    }
}

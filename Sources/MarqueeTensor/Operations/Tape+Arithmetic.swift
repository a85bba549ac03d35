internal import CMarqueeKernels

extension Tape {
    /// a + scale · b, elementwise, of equal shapes.
    public func add(_ a: Tensor, _ b: Tensor, scale: Float = 1) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: a.columns)
        mq_axpy(1, a.value, y.value, a.count, 0)
        mq_axpy(scale, b.value, y.value, b.count, 1)
        record(y, from: a, b, scalar: scale) { node, tape in
            guard let dy = tape.gradient(node.output) else { return }
            if let da = tape.target(node.inputs.0) { mq_axpy(1, dy, da.pointer, node.output.count, da.flag) }
            if let db = tape.target(node.inputs.1) { mq_axpy(node.scalar, dy, db.pointer, node.output.count, db.flag) }
        }
        return y
    }

    /// x + b, the single row b [1, columns] or the single value b [1, 1] added to every row.
    public func addBias(_ x: Tensor, _ bias: Tensor) -> Tensor {
        precondition(bias.count == x.columns)
        let y = result(rows: x.rows, columns: x.columns)
        mq_axpy(1, x.value, y.value, x.count, 0)
        mq_bias_relu(y.value, bias.value, Int32(x.rows), Int32(x.columns), 0)
        record(y, from: x, bias) { node, tape in
            let (x, bias, _) = node.inputs
            guard let dy = tape.gradient(node.output) else { return }
            if let db = tape.target(bias) {
                mq_bias_relu_backward(dy, dy, db.pointer, Int32(x.rows), Int32(x.columns), 0, db.flag)
            }
            if let dx = tape.target(x) { mq_axpy(1, dy, dx.pointer, x.count, dx.flag) }
        }
        return y
    }

    /// a · b, elementwise, of equal shapes.
    public func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: a.columns)
        mq_multiply(a.value, b.value, y.value, a.count, 0)
        record(y, from: a, b) { node, tape in
            let (a, b, _) = node.inputs
            guard let dy = tape.gradient(node.output) else { return }
            if let da = tape.target(a) { mq_multiply(dy, b.value, da.pointer, a.count, da.flag) }
            if let db = tape.target(b) { mq_multiply(dy, a.value, db.pointer, b.count, db.flag) }
        }
        return y
    }

    /// x ∘ f, the single row f [1, columns] multiplied into every row of x.
    public func scaleColumns(_ x: Tensor, by factors: Tensor) -> Tensor {
        precondition(factors.count == x.columns)
        let y = result(rows: x.rows, columns: x.columns)
        mq_scale_columns(x.value, factors.value, y.value, x.rows, Int32(x.columns), 0)
        record(y, from: x, factors) { node, tape in
            let (x, factors, _) = node.inputs
            guard let dy = tape.gradient(node.output) else { return }
            if let df = tape.target(factors) {
                mq_scale_columns_factors(dy, x.value, df.pointer, x.rows, Int32(x.columns), df.flag)
            }
            if let dx = tape.target(x) {
                mq_scale_columns(dy, factors.value, dx.pointer, x.rows, Int32(x.columns), dx.flag)
            }
        }
        return y
    }

    /// scale · x.
    public func scale(_ x: Tensor, by scale: Float) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        mq_axpy(scale, x.value, y.value, x.count, 0)
        record(y, from: x, scalar: scale) { node, tape in
            guard let dy = tape.gradient(node.output), let dx = tape.target(node.inputs.0) else { return }
            mq_axpy(node.scalar, dy, dx.pointer, node.output.count, dx.flag)
        }
        return y
    }

    /// The inner product of each row of a with the same row of b: [n, k], [n, k] → [n, 1].
    public func dot(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: 1)
        mq_dot_rows(a.value, b.value, y.value, a.rows, Int32(a.columns))
        record(y, from: a, b) { node, tape in
            let (a, b, _) = node.inputs
            guard let dy = tape.gradient(node.output) else { return }
            if let da = tape.target(a) { mq_scale_rows(dy, b.value, da.pointer, a.rows, Int32(a.columns), da.flag) }
            if let db = tape.target(b) { mq_scale_rows(dy, a.value, db.pointer, a.rows, Int32(a.columns), db.flag) }
        }
        return y
    }

    /// Rows that end in a bias: Σ_{c < k} a_c · b_c + a_k + b_k; [n, k + 1], [n, k + 1] → [n, 1].
    public func biasedDot(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns)
        let y = result(rows: a.rows, columns: 1)
        mq_biased_dot_rows(a.value, b.value, y.value, a.rows, Int32(a.columns))
        record(y, from: a, b) { node, tape in
            let (a, b, _) = node.inputs
            guard let dy = tape.gradient(node.output) else { return }
            if let da = tape.target(a) {
                mq_biased_scale_rows(dy, b.value, da.pointer, a.rows, Int32(a.columns), da.flag)
            }
            if let db = tape.target(b) {
                mq_biased_scale_rows(dy, a.value, db.pointer, a.rows, Int32(a.columns), db.flag)
            }
        }
        return y
    }

    /// Σ_k w_k ∘ parts_k, each row with weights of its own: parts [n, width], weights [n, parts] → [n, width].
    public func mix(_ parts: [Tensor], weights: Tensor) -> Tensor {
        precondition(weights.columns == parts.count && parts.allSatisfy { $0.rows == weights.rows })
        let y = result(rows: weights.rows, columns: parts[0].columns)
        for (k, x) in parts.enumerated() {
            precondition(x.columns == y.columns)
            mq_mix(weights.value + k, parts.count, x.value, y.value, x.rows, Int32(x.columns), k > 0 ? 1 : 0)
            record(y, from: x, weights, integers: (k, parts.count)) { node, tape in
                let (x, weights, _) = node.inputs
                let (k, stride) = node.integers
                guard let dy = tape.gradient(node.output) else { return }
                if let dw = tape.target(weights) {
                    if !dw.accumulates { dw.pointer.update(repeating: 0, count: weights.count) }
                    mq_mix_weights(dy, x.value, dw.pointer + k, stride, x.rows, Int32(x.columns))
                }
                if let dx = tape.target(x) {
                    mq_mix(weights.value + k, stride, dy, dx.pointer, x.rows, Int32(x.columns), dx.flag)
                }
            }
        }
        return y
    }

    /// a and b side by side: [n, k], [n, m] → [n, k + m].
    public func concat(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows)
        let columns = a.columns + b.columns
        let y = result(rows: a.rows, columns: columns)
        mq_copy_columns(a.value, a.columns, y.value, columns, a.rows, Int32(a.columns), 0)
        mq_copy_columns(b.value, b.columns, y.value + a.columns, columns, b.rows, Int32(b.columns), 0)
        record(y, from: a, b) { node, tape in
            let (a, b, _) = node.inputs
            let columns = node.output.columns
            guard let dy = tape.gradient(node.output) else { return }
            if let da = tape.target(a) {
                mq_copy_columns(dy, columns, da.pointer, a.columns, a.rows, Int32(a.columns), da.flag)
            }
            if let db = tape.target(b) {
                mq_copy_columns(dy + a.columns, columns, db.pointer, b.columns, b.rows, Int32(b.columns), db.flag)
            }
        }
        return y
    }

    /// The same values as [rows, columns] of equal count; shares memory and gradient.
    public func reshape(_ x: Tensor, rows: Int, columns: Int) -> Tensor {
        precondition(rows * columns == x.count)
        return Tensor(value: x.value, slot: x.slot, rows: rows, columns: columns)
    }
}

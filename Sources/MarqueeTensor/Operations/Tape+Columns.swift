internal import CMarqueeKernels

/// Columns of matrices side by side, and taken apart.
extension Tape {
    /// a and b side by side: [n, k], [n, m] → [n, k + m].
    public func concat(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows)
        let columns = a.columns + b.columns
        let y = result(rows: a.rows, columns: columns)
        mq_copy_columns(a.value, a.columns, y.value, columns, a.rows, Int32(a.columns), 0)
        mq_copy_columns(b.value, b.columns, y.value + a.columns, columns, b.rows, Int32(b.columns), 0)
        record(Concatenation(a: a, b: b, output: y))
        return y
    }

    /// The columns `range` of x: [n, k] → [n, range.count].
    public func columns(_ range: Range<Int>, of x: Tensor) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= x.columns)
        let y = result(rows: x.rows, columns: range.count)
        mq_copy_columns(x.value + range.lowerBound, x.columns, y.value, range.count, x.rows, Int32(range.count), 0)
        record(ColumnSlice(x: x, first: range.lowerBound, output: y))
        return y
    }
}

private struct Concatenation: Operation {
    let a, b, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let columns = output.columns
        if let da = tape.target(a) {
            mq_copy_columns(dy, columns, da.pointer, a.columns, a.rows, Int32(a.columns), da.flag)
        }
        if let db = tape.target(b) {
            mq_copy_columns(dy + a.columns, columns, db.pointer, b.columns, b.rows, Int32(b.columns), db.flag)
        }
    }
}

private struct ColumnSlice: Operation {
    let x: Tensor
    let first: Int
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.clearedTarget(x) else { return }
        mq_copy_columns(dy, output.columns, dx + first, x.columns, x.rows, Int32(output.columns), 1)
    }
}

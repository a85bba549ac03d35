internal import CMarqueeKernels

extension Tape {
    /// The sum of the rows of x: [n, k] → [1, k].
    public func sumRows(_ x: Tensor) -> Tensor {
        let y = result(rows: 1, columns: x.columns)
        mq_sum_rows(x.value, Int32(x.rows), Int32(x.columns), y.value)
        record(RowSum(x: x, output: y))
        return y
    }

    /// The mean of all values of x, this worker's alone: [n, k] → [1, 1].
    public func mean(_ x: Tensor) -> Tensor {
        let columns = reshape(sumRows(x), rows: x.columns, columns: 1)
        return scale(sumRows(columns), by: 1 / Float(max(x.count, 1)))
    }
}

private struct RowSum: Operation {
    let x, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_repeat_row(dy, dx.pointer, Int32(x.rows), Int32(x.columns), dx.flag)
    }
}

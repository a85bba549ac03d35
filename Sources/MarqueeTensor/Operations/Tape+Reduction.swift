internal import CMarqueeKernels

extension Tape {
    /// The sum of the rows of x: [n, k] → [1, k].
    public func sumRows(_ x: Tensor) -> Tensor {
        let y = result(rows: 1, columns: x.columns)
        mq_sum_rows(x.value, Int32(x.rows), Int32(x.columns), y.value)
        record(y, from: x) { node, tape in
            let x = node.inputs.0
            guard let dy = tape.gradient(node.output), let dx = tape.target(x) else { return }
            mq_repeat_row(dy, dx.pointer, Int32(x.rows), Int32(x.columns), dx.flag)
        }
        return y
    }

    /// The mean of all values of x, this worker's alone: [n, k] → [1, 1].
    public func mean(_ x: Tensor) -> Tensor {
        let columns = reshape(sumRows(x), rows: x.columns, columns: 1)
        return scale(sumRows(columns), by: 1 / Float(max(x.count, 1)))
    }
}

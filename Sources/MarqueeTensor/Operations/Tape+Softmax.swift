internal import CMarqueeKernels

extension Tape {
    /// y = exp(x - max x) / Σ exp(x - max x), each row for itself.
    public func softmax(_ x: Tensor) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        mq_softmax_rows(x.value, y.value, x.rows, Int32(x.columns))
        record(y, from: x) { node, tape in
            let x = node.inputs.0
            guard let dy = tape.gradient(node.output), let dx = tape.target(x) else { return }
            mq_softmax_rows_backward(node.output.value, dy, dx.pointer, x.rows, Int32(x.columns), dx.flag)
        }
        return y
    }
}

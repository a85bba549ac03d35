internal import CMarqueeKernels

extension Tape {
    /// y = exp(x - max x) / Σ exp(x - max x), each row for itself.
    public func softmax(_ x: Tensor) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        mq_softmax_rows(x.value, y.value, x.rows, Int32(x.columns))
        record(Softmax(x: x, output: y))
        return y
    }

    /// ``softmax(_:)`` of the first `lengths[r]` columns of each row r; the columns behind them get 0, and so does a row
    /// of length 0.
    /// - Precondition: as many lengths as rows, each in `0...x.columns`.
    public func softmax(_ x: Tensor, lengths: Indices) -> Tensor {
        precondition(lengths.count == x.rows)
        let y = result(rows: x.rows, columns: x.columns)
        mq_softmax_row_prefixes(x.value, lengths.buffer.baseAddress, y.value, x.rows, Int32(x.columns))
        record(Softmax(x: x, output: y))
        return y
    }

    /// ``softmax(_:)`` of the columns of each row at which `mask`, of the same shape, is not 0; the others get 0, and so
    /// does a row without any.
    public func softmax(_ x: Tensor, mask: Tensor) -> Tensor {
        precondition(mask.rows == x.rows && mask.columns == x.columns)
        let y = result(rows: x.rows, columns: x.columns)
        mq_softmax_masked_rows(x.value, mask.value, y.value, x.rows, Int32(x.columns))
        record(Softmax(x: x, output: y))
        return y
    }
}

/// Of a masked column y = 0, and so is its gradient.
private struct Softmax: Operation {
    let x, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_softmax_rows_backward(output.value, dy, dx.pointer, x.rows, Int32(x.columns), dx.flag)
    }
}

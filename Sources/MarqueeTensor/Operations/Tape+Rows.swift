internal import CMarqueeKernels

/// Rows of a tensor, taken by index and gathered by sequence.
extension Tape {
    /// Row ids[k] of x as row k, zeros where ids[k] is negative: [n, k], ids [m] → [m, k].
    ///
    /// Rows may be taken several times: with ``owners(_:)`` as ids, one row a sequence becomes one a row of it.
    /// - Precondition: ids lie below the rows of x.
    public func rows(_ ids: Indices, of x: Tensor) -> Tensor {
        let y = result(rows: ids.count, columns: x.columns)
        mq_take_rows(x.value, ids.buffer.baseAddress, y.value, ids.count, Int32(x.columns))
        record(TakenRows(x: x, ids: ids, output: y))
        return y
    }

    /// The last row of each sequence, zeros of an empty one: x [rows, k] → [sequences, k].
    public func lastRows(_ x: Tensor, _ sequences: SequenceLayout) -> Tensor {
        precondition(x.rows == sequences.rowCount)
        let last = indices(sequences.count)
        for sequence in 0..<sequences.count {
            let rows = sequences[sequence]
            last.buffer[sequence] = rows.isEmpty ? -1 : Int32(rows.upperBound - 1)
        }
        return rows(last, of: x)
    }

    /// The mean of the rows of each sequence, zeros of an empty one: x [rows, k] → [sequences, k].
    public func meanRows(_ x: Tensor, _ sequences: SequenceLayout) -> Tensor {
        precondition(x.rows == sequences.rowCount)
        let y = result(rows: sequences.count, columns: x.columns)
        mq_mean_sequences(x.value, sequences.offsets.buffer.baseAddress, y.value, y.rows, Int32(x.columns))
        record(SequenceMean(x: x, sequences: sequences, output: y))
        return y
    }

    /// The softmax of each column over the rows of each sequence, the weights of a pooling by attention: x [rows, k] →
    /// [rows, k], whose columns sum to 1 in every sequence.
    public func softmax(_ x: Tensor, within sequences: SequenceLayout) -> Tensor {
        precondition(x.rows == sequences.rowCount)
        let y = result(rows: x.rows, columns: x.columns)
        mq_softmax_sequences(
            x.value, sequences.offsets.buffer.baseAddress, y.value, sequences.count, Int32(x.columns))
        record(SequenceSoftmax(x: x, sequences: sequences, output: y))
        return y
    }
}

private struct TakenRows: Operation {
    let x: Tensor
    let ids: Indices
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.clearedTarget(x) else { return }
        mq_put_rows(dy, ids.buffer.baseAddress, dx, ids.count, Int32(x.columns))
    }
}

private struct SequenceMean: Operation {
    let x: Tensor
    let sequences: SequenceLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.clearedTarget(x) else { return }
        mq_mean_sequences_backward(
            dy, sequences.offsets.buffer.baseAddress, dx, sequences.count, Int32(x.columns))
    }
}

private struct SequenceSoftmax: Operation {
    let x: Tensor
    let sequences: SequenceLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_softmax_sequences_backward(
            output.value, dy, sequences.offsets.buffer.baseAddress, dx.pointer, sequences.count, Int32(x.columns),
            dx.flag)
    }
}

/// Products of a matrix of each sequence with a matrix of its own: batched matrix products over packed rows.
extension Tape {
    /// Aₛ · Bₛ of each sequence s: a [rows, k]; b [sequences · k, m], the k rows of Bₛ one sequence after the other →
    /// [rows, m].
    public func matmul(_ a: Tensor, _ b: Tensor, within sequences: SequenceLayout) -> Tensor {
        precondition(a.rows == sequences.rowCount && b.rows == sequences.count * a.columns)
        let y = result(rows: a.rows, columns: b.columns)
        for s in 0..<sequences.count {
            let rows = sequences[s]
            BLAS.multiply(
                m: rows.count, n: y.columns, k: a.columns, a.value + rows.lowerBound * a.columns,
                b.value + s * a.columns * b.columns, into: y.value + rows.lowerBound * y.columns)
        }
        record(SequenceProduct(a: a, b: b, sequences: sequences, output: y))
        return y
    }

    /// Aₛᵀ · Bₛ of each sequence s: a [rows, k], b [rows, m] → [sequences · k, m], the k rows of a sequence together.
    public func matmulTransposed(_ a: Tensor, _ b: Tensor, within sequences: SequenceLayout) -> Tensor {
        precondition(a.rows == sequences.rowCount && b.rows == a.rows)
        let y = result(rows: sequences.count * a.columns, columns: b.columns)
        for s in 0..<sequences.count {
            let rows = sequences[s]
            BLAS.multiply(
                m: a.columns, n: b.columns, k: rows.count, a.value + rows.lowerBound * a.columns, transposeA: true,
                b.value + rows.lowerBound * b.columns, into: y.value + s * a.columns * b.columns)
        }
        record(TransposedSequenceProduct(a: a, b: b, sequences: sequences, output: y))
        return y
    }

    /// Aₛ · Bₛᵀ of each sequence s, all inner products of its rows: a [rows, k] of `sequences`, b [rows of `others`, k] →
    /// [rows, longest of `others`]; columns behind a sequence's length are 0, to be left out by
    /// ``softmax(_:lengths:)``. For attention see ``attention(_:_:_:_:keys:heads:causal:scale:positionBias:timeBias:dropout:)``, which
    /// keeps no such matrix.
    public func innerProducts(
        _ a: Tensor, _ sequences: SequenceLayout, _ b: Tensor, _ others: SequenceLayout
    ) -> Tensor {
        precondition(a.rows == sequences.rowCount && b.rows == others.rowCount && a.columns == b.columns)
        precondition(sequences.count == others.count)
        let y = result(rows: a.rows, columns: others.maximumLength)
        y.value.update(repeating: 0, count: y.count)
        for s in 0..<sequences.count {
            let (rows, columns) = (sequences[s], others[s])
            BLAS.multiply(
                m: rows.count, n: columns.count, k: a.columns, a.value + rows.lowerBound * a.columns,
                b.value + columns.lowerBound * b.columns, transposeB: true, into: y.value + rows.lowerBound * y.columns,
                ldc: y.columns)
        }
        record(InnerProducts(a: a, b: b, sequences: sequences, others: others, output: y))
        return y
    }
}

private struct SequenceProduct: Operation {
    let a, b: Tensor
    let sequences: SequenceLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let (k, m) = (a.columns, b.columns)
        let (da, db) = (tape.target(a), tape.target(b))
        for s in 0..<sequences.count {
            let rows = sequences[s], dy = dy + rows.lowerBound * m
            if let da {
                BLAS.multiply(
                    m: rows.count, n: k, k: m, dy, b.value + s * k * m, transposeB: true, beta: da.beta,
                    into: da.pointer + rows.lowerBound * k)
            }
            if let db {
                BLAS.multiply(
                    m: k, n: m, k: rows.count, a.value + rows.lowerBound * k, transposeA: true, dy, beta: db.beta,
                    into: db.pointer + s * k * m)
            }
        }
    }
}

private struct TransposedSequenceProduct: Operation {
    let a, b: Tensor
    let sequences: SequenceLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let (k, m) = (a.columns, b.columns)
        let (da, db) = (tape.clearedTarget(a), tape.clearedTarget(b))
        for s in 0..<sequences.count {
            let rows = sequences[s], dy = dy + s * k * m
            if let da {
                BLAS.multiply(
                    m: rows.count, n: k, k: m, b.value + rows.lowerBound * m, dy, transposeB: true, beta: 1,
                    into: da + rows.lowerBound * k)
            }
            if let db {
                BLAS.multiply(
                    m: rows.count, n: m, k: k, a.value + rows.lowerBound * k, dy, beta: 1,
                    into: db + rows.lowerBound * m)
            }
        }
    }
}

private struct InnerProducts: Operation {
    let a, b: Tensor
    let sequences, others: SequenceLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let k = a.columns
        let (da, db) = (tape.clearedTarget(a), tape.clearedTarget(b))
        for s in 0..<sequences.count {
            let (rows, columns) = (sequences[s], others[s]), dy = dy + rows.lowerBound * output.columns
            if let da {
                BLAS.multiply(
                    m: rows.count, n: k, k: columns.count, dy, lda: output.columns, b.value + columns.lowerBound * k,
                    beta: 1, into: da + rows.lowerBound * k)
            }
            if let db {
                BLAS.multiply(
                    m: columns.count, n: k, k: rows.count, dy, transposeA: true, lda: output.columns,
                    a.value + rows.lowerBound * k, beta: 1, into: db + columns.lowerBound * k)
            }
        }
    }
}

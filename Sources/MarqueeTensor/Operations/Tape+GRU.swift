internal import CMarqueeKernels

extension Tape {
    /// A gated recurrent unit over packed sequences (Cho et al., EMNLP 2014), in the form of PyTorch:
    ///
    ///     r = σ(W_r x_t + b_r + U_r h_{t−1})          z = σ(W_z x_t + b_z + U_z h_{t−1})
    ///     n = tanh(W_n x_t + b_n + r ∘ (U_n h_{t−1} + c))     h_t = n + z ∘ (h_{t−1} − n)
    ///
    /// Every sequence starts from zeros. A step is taken of all sequences at once that still go on. The last state of each
    /// is ``lastRows(_:_:)`` of the result.
    ///
    /// - Parameters:
    ///   - x: [rows, in], packed by `sequences`.
    ///   - inputWeight: W, [3 · hidden, in], rows of r, z, n one behind the other.
    ///   - stateWeight: U, [3 · hidden, hidden].
    ///   - bias: b, [1, 3 · hidden].
    ///   - candidateBias: c, [1, hidden].
    /// - Returns: h_t of every row, [rows, hidden].
    public func gru(
        _ x: Tensor, _ sequences: SequenceLayout, inputWeight: Tensor, stateWeight: Tensor, bias: Tensor,
        candidateBias: Tensor
    ) -> Tensor {
        let hidden = stateWeight.columns
        precondition(x.rows == sequences.rowCount && x.columns == inputWeight.columns)
        precondition(inputWeight.rows == 3 * hidden && stateWeight.rows == 3 * hidden)
        precondition(bias.count == 3 * hidden && candidateBias.count == hidden)
        let order = TimeMajorOrder(sequences, self)
        let layer = GRUPass(
            x: x, inputWeight: inputWeight, stateWeight: stateWeight, bias: bias, candidateBias: candidateBias,
            order: order, orderedX: order.gather(x.value, columns: x.columns, self),
            gates: arena.allocate(Float.self, x.rows * 3 * hidden),
            candidates: arena.allocate(Float.self, x.rows * hidden),
            states: arena.allocate(Float.self, x.rows * hidden), output: result(rows: x.rows, columns: hidden))
        layer.forward(self)
        record(layer)
        return layer.output
    }
}

/// Rows in time-major order, unless said otherwise.
private struct GRUPass: Operation {
    let x, inputWeight, stateWeight, bias, candidateBias: Tensor
    let order: TimeMajorOrder
    let orderedX: UnsafeMutablePointer<Float>
    /// [rows, 3 · hidden]: the gates' values; backwards the gradients of W x + b.
    let gates: UnsafeMutablePointer<Float>
    /// U_n h + c, and h: [rows, hidden].
    let candidates, states: UnsafeMutablePointer<Float>
    /// Packed.
    let output: Tensor

    private var hidden: Int { output.columns }

    func forward(_ tape: Tape) {
        BLAS.multiply(
            m: x.rows, n: 3 * hidden, k: x.columns, orderedX, inputWeight.value, transposeB: true, into: gates)
        mq_bias_relu(gates, bias.value, Int32(x.rows), Int32(3 * hidden), 0)
        let recurrent = tape.arena.allocate(Float.self, (order.stepCount > 1 ? order[1].count : 0) * 3 * hidden)
        for t in 0..<order.stepCount {
            let rows = order[t], before = t > 0 ? states + order[t - 1].lowerBound * hidden : nil
            if let before {
                BLAS.multiply(
                    m: rows.count, n: 3 * hidden, k: hidden, before, stateWeight.value, transposeB: true,
                    into: recurrent)
            }
            mq_gru_step(
                Int32(rows.count), Int32(hidden), before, t > 0 ? recurrent : nil, candidateBias.value,
                gates + rows.lowerBound * 3 * hidden, candidates + rows.lowerBound * hidden,
                states + rows.lowerBound * hidden)
        }
        output.value.update(repeating: 0, count: output.count)
        order.scatter(states, columns: hidden, to: output.value)
    }

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard x.rows > 0 else { return }
        let dstates = order.gather(dy, columns: hidden, tape)
        let drecurrent = tape.arena.allocate(Float.self, x.rows * 3 * hidden)
        for t in stride(from: order.stepCount - 1, through: 0, by: -1) {
            let rows = order[t], before = t > 0 ? order[t - 1].lowerBound * hidden : nil
            let own = drecurrent + rows.lowerBound * 3 * hidden
            mq_gru_step_backward(
                Int32(rows.count), Int32(hidden), before.map { states + $0 }, candidates + rows.lowerBound * hidden,
                dstates + rows.lowerBound * hidden, gates + rows.lowerBound * 3 * hidden, own,
                before.map { dstates + $0 })
            guard let before else { continue }
            BLAS.multiply(
                m: rows.count, n: hidden, k: 3 * hidden, own, stateWeight.value, beta: 1, into: dstates + before)
        }
        backwardWeights(drecurrent, tape)
    }

    private func backwardWeights(_ drecurrent: UnsafeMutablePointer<Float>, _ tape: Tape) {
        if let db = tape.target(bias) {
            mq_bias_relu_backward(gates, gates, db.pointer, Int32(x.rows), Int32(3 * hidden), 0, db.flag)
        }
        if let dc = tape.clearedTarget(candidateBias) {
            for row in 0..<x.rows { mq_axpy(1, drecurrent + (3 * row + 2) * hidden, dc, hidden, 1) }
        }
        if let dw = tape.target(inputWeight) {
            BLAS.multiply(
                m: 3 * hidden, n: x.columns, k: x.rows, gates, transposeA: true, orderedX, beta: dw.beta,
                into: dw.pointer)
        }
        if let du = tape.target(stateWeight) {
            let first = order[0].count
            BLAS.multiply(
                m: 3 * hidden, n: hidden, k: x.rows - first, drecurrent + first * 3 * hidden, transposeA: true,
                order.previous(states, columns: hidden, tape), beta: du.beta, into: du.pointer)
        }
        if let dx = tape.clearedTarget(x) {
            let ordered = tape.arena.allocate(Float.self, x.count)
            BLAS.multiply(m: x.rows, n: x.columns, k: 3 * hidden, gates, inputWeight.value, into: ordered)
            order.scatter(ordered, columns: x.columns, to: dx)
        }
    }
}

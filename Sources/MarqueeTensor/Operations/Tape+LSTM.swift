internal import CMarqueeKernels

extension Tape {
    /// A long short-term memory over packed sequences (Hochreiter and Schmidhuber, 1997), with the gates of PyTorch:
    ///
    ///     i, f, g, o = W x_t + U h_{t−1} + b        c_t = σ(f) ∘ decay_t ∘ c_{t−1} + σ(i) ∘ tanh(g)
    ///                                               h_t = σ(o) ∘ tanh(c_t)
    ///
    /// Every sequence starts from zeros. A step is taken of all sequences at once that still go on. The last state of each
    /// is ``lastRows(_:_:)`` of the result.
    ///
    /// - Parameters:
    ///   - x: [rows, in], packed by `sequences`.
    ///   - inputWeight: W, [4 · hidden, in], rows of i, f, g, o one behind the other.
    ///   - stateWeight: U, [4 · hidden, hidden].
    ///   - bias: b, [1, 4 · hidden].
    ///   - decay: by row what remains of the cell since the row before, [rows, 1] or [rows, hidden], so that a cell
    ///     fades with the time between two events; nil for all of it.
    /// - Returns: h_t of every row, [rows, hidden].
    public func lstm(
        _ x: Tensor, _ sequences: SequenceLayout, inputWeight: Tensor, stateWeight: Tensor, bias: Tensor,
        decay: Tensor? = nil
    ) -> Tensor {
        let hidden = stateWeight.columns
        precondition(x.rows == sequences.rowCount && x.columns == inputWeight.columns)
        precondition(inputWeight.rows == 4 * hidden && stateWeight.rows == 4 * hidden && bias.count == 4 * hidden)
        precondition(decay.map { $0.rows == x.rows && ($0.columns == 1 || $0.columns == hidden) } ?? true)
        let order = TimeMajorOrder(sequences, self)
        let layer = LSTMPass(
            x: x, inputWeight: inputWeight, stateWeight: stateWeight, bias: bias, decay: decay, order: order,
            orderedX: order.gather(x.value, columns: x.columns, self),
            orderedDecay: decay.map { order.gather($0.value, columns: $0.columns, self) },
            gates: arena.allocate(Float.self, x.rows * 4 * hidden),
            cells: arena.allocate(Float.self, x.rows * hidden), states: arena.allocate(Float.self, x.rows * hidden),
            output: result(rows: x.rows, columns: hidden))
        layer.forward()
        record(layer)
        return layer.output
    }
}

/// Rows in time-major order, unless said otherwise.
private struct LSTMPass: Operation {
    let x, inputWeight, stateWeight, bias: Tensor
    let decay: Tensor?
    let order: TimeMajorOrder
    let orderedX: UnsafeMutablePointer<Float>
    let orderedDecay: UnsafeMutablePointer<Float>?
    /// [rows, 4 · hidden]: the gates' values; backwards their gradients.
    let gates: UnsafeMutablePointer<Float>
    /// [rows, hidden].
    let cells, states: UnsafeMutablePointer<Float>
    /// Packed.
    let output: Tensor

    private var hidden: Int { output.columns }

    func forward() {
        BLAS.multiply(
            m: x.rows, n: 4 * hidden, k: x.columns, orderedX, inputWeight.value, transposeB: true, into: gates)
        mq_bias_relu(gates, bias.value, Int32(x.rows), Int32(4 * hidden), 0)
        for t in 0..<order.stepCount {
            let rows = order[t], own = gates + rows.lowerBound * 4 * hidden
            if t > 0 {
                BLAS.multiply(
                    m: rows.count, n: 4 * hidden, k: hidden, states + order[t - 1].lowerBound * hidden,
                    stateWeight.value, transposeB: true, beta: 1, into: own)
            }
            withUnsafePointer(to: step(t)) {
                mq_lstm_step($0, own, cells + rows.lowerBound * hidden, states + rows.lowerBound * hidden)
            }
        }
        output.value.update(repeating: 0, count: output.count)
        order.scatter(states, columns: hidden, to: output.value)
    }

    private func step(_ t: Int) -> mq_lstm {
        let rows = order[t], decayColumns = decay?.columns ?? 0
        return mq_lstm(
            rows: Int32(rows.count), hidden: Int32(hidden), decay_columns: Int32(decayColumns),
            before: t > 0 ? cells + order[t - 1].lowerBound * hidden : nil,
            decay: orderedDecay.map { $0 + rows.lowerBound * decayColumns })
    }

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard x.rows > 0 else { return }
        let dstates = order.gather(dy, columns: hidden, tape)
        let ddecay = decay.map { tape.arena.allocate(Float.self, $0.count) }
        let dcells = tape.arena.allocate(Float.self, order[0].count * hidden)
        dcells.update(repeating: 0, count: order[0].count * hidden)
        for t in stride(from: order.stepCount - 1, through: 0, by: -1) {
            let rows = order[t], own = gates + rows.lowerBound * 4 * hidden
            withUnsafePointer(to: step(t)) {
                mq_lstm_step_backward(
                    $0, own, cells + rows.lowerBound * hidden, dstates + rows.lowerBound * hidden, dcells,
                    ddecay.map { $0 + rows.lowerBound * (decay?.columns ?? 0) })
            }
            guard t > 0 else { continue }
            BLAS.multiply(
                m: rows.count, n: hidden, k: 4 * hidden, own, stateWeight.value, beta: 1,
                into: dstates + order[t - 1].lowerBound * hidden)
        }
        if let decay, let ddecay, let target = tape.clearedTarget(decay) {
            order.scatter(ddecay, columns: decay.columns, to: target)
        }
        backwardWeights(tape)
    }

    /// From the gates' gradients to those of what they are made of.
    private func backwardWeights(_ tape: Tape) {
        if let db = tape.target(bias) {
            mq_bias_relu_backward(gates, gates, db.pointer, Int32(x.rows), Int32(4 * hidden), 0, db.flag)
        }
        if let dw = tape.target(inputWeight) {
            BLAS.multiply(
                m: 4 * hidden, n: x.columns, k: x.rows, gates, transposeA: true, orderedX, beta: dw.beta,
                into: dw.pointer)
        }
        if let du = tape.target(stateWeight) {
            let first = order[0].count
            BLAS.multiply(
                m: 4 * hidden, n: hidden, k: x.rows - first, gates + first * 4 * hidden, transposeA: true,
                order.previous(states, columns: hidden, tape), beta: du.beta, into: du.pointer)
        }
        if let dx = tape.clearedTarget(x) {
            let ordered = tape.arena.allocate(Float.self, x.count)
            BLAS.multiply(m: x.rows, n: x.columns, k: 4 * hidden, gates, inputWeight.value, into: ordered)
            order.scatter(ordered, columns: x.columns, to: dx)
        }
    }
}

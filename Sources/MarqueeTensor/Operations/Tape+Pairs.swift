internal import CMarqueeKernels

/// Pairs of an event of a history with a candidate that is judged by it, as attention units of click models score them:
/// every event of a question beside each of its candidates, without a copy of either a pair.
///
/// Pairs of one candidate lie together, its question's events in order: pair layouts have a sequence a candidate.
public struct PairLayout {
    /// The rows of pairs of each candidate.
    public let byCandidate: SequenceLayout
    /// The events of each question.
    public let histories: SequenceLayout
    /// By candidate its question.
    let questions: Indices
}

extension Tape {
    /// The pairs of the candidates with the events of their questions.
    /// - Precondition: as many questions of the one as of the other.
    public func pairs(_ candidates: SequenceLayout, _ histories: SequenceLayout) -> PairLayout {
        precondition(candidates.count == histories.count)
        let questions = owners(candidates)
        let lengths = indices(candidates.rowCount)
        for row in 0..<lengths.count { lengths.buffer[row] = Int32(histories[Int(questions[row])].count) }
        return PairLayout(byCandidate: sequences(lengths: lengths), histories: histories, questions: questions)
    }

    /// z(h, c) = e_h + k_c + W (h ∘ c) of every pair: what a linear layer makes of [h, c, h ∘ c], its parts of the event
    /// and of the candidate given.
    ///
    /// - Parameters:
    ///   - events: h, [events, width].
    ///   - candidates: c, [candidates, width].
    ///   - weight: W, [out, width].
    ///   - eventPart: e, [events, out].
    ///   - candidatePart: k, [candidates, out].
    /// - Returns: [pairs, out].
    public func pairProducts(
        _ events: Tensor, _ candidates: Tensor, weight: Tensor, eventPart: Tensor, candidatePart: Tensor,
        _ pairs: PairLayout
    ) -> Tensor {
        let width = events.columns, out = weight.rows
        precondition(candidates.columns == width && weight.columns == width)
        precondition(eventPart.columns == out && candidatePart.columns == out)
        precondition(events.rows == pairs.histories.rowCount && eventPart.rows == events.rows)
        precondition(candidates.rows == pairs.byCandidate.count && candidatePart.rows == candidates.rows)
        let z = result(rows: pairs.byCandidate.rowCount, columns: out)
        let scaled = arena.allocate(Float.self, out * width)
        for candidate in 0..<candidates.rows {
            let rows = pairs.byCandidate[candidate], history = pairs.histories[Int(pairs.questions[candidate])]
            guard !rows.isEmpty else { continue }
            let own = z.value + rows.lowerBound * out
            own.update(from: eventPart.value + history.lowerBound * out, count: rows.count * out)
            mq_bias_relu(own, candidatePart.value + candidate * out, Int32(rows.count), Int32(out), 0)
            // W diag(c).
            mq_scale_columns(weight.value, candidates.value + candidate * width, scaled, out, Int32(width), 0)
            BLAS.multiply(
                m: rows.count, n: out, k: width, events.value + history.lowerBound * width, scaled, transposeB: true,
                beta: 1, into: own)
        }
        record(
            PairProducts(
                events: events, candidates: candidates, weight: weight, eventPart: eventPart,
                candidatePart: candidatePart, pairs: pairs, output: z))
        return z
    }

    /// Σ over the events h of a candidate's question of w(h, c) · h: weights [pairs, 1], events [events, width] →
    /// [candidates, width]; zeros where there is no event.
    public func pooledEvents(_ events: Tensor, weights: Tensor, _ pairs: PairLayout) -> Tensor {
        precondition(weights.columns == 1 && weights.rows == pairs.byCandidate.rowCount)
        precondition(events.rows == pairs.histories.rowCount)
        let y = result(rows: pairs.byCandidate.count, columns: events.columns)
        y.value.update(repeating: 0, count: y.count)
        for candidate in 0..<y.rows {
            let rows = pairs.byCandidate[candidate], history = pairs.histories[Int(pairs.questions[candidate])]
            guard !rows.isEmpty else { continue }
            BLAS.multiply(
                m: 1, n: events.columns, k: rows.count, weights.value + rows.lowerBound,
                events.value + history.lowerBound * events.columns, into: y.value + candidate * events.columns)
        }
        record(PooledEvents(events: events, weights: weights, pairs: pairs, output: y))
        return y
    }
}

private struct PairProducts: Operation {
    let events, candidates, weight, eventPart, candidatePart: Tensor
    let pairs: PairLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let width = events.columns, out = weight.rows
        let (dh, dc) = (tape.clearedTarget(events), tape.clearedTarget(candidates))
        let (dw, de) = (tape.clearedTarget(weight), tape.clearedTarget(eventPart))
        let dk = tape.clearedTarget(candidatePart)
        let scaled = tape.arena.allocate(Float.self, out * width)
        let dscaled = tape.arena.allocate(Float.self, out * width)
        let row = tape.arena.allocate(Float.self, max(width, out))
        for candidate in 0..<candidates.rows {
            let rows = pairs.byCandidate[candidate], history = pairs.histories[Int(pairs.questions[candidate])]
            guard !rows.isEmpty else { continue }
            let own = dy + rows.lowerBound * out, c = candidates.value + candidate * width
            let h = events.value + history.lowerBound * width
            if let de { mq_axpy(1, own, de + history.lowerBound * out, rows.count * out, 1) }
            if let dk {
                mq_sum_rows(own, Int32(rows.count), Int32(out), row)
                mq_axpy(1, row, dk + candidate * out, out, 1)
            }
            if let dh {
                mq_scale_columns(weight.value, c, scaled, out, Int32(width), 0)
                BLAS.multiply(
                    m: rows.count, n: width, k: out, own, scaled, beta: 1, into: dh + history.lowerBound * width)
            }
            guard dw != nil || dc != nil else { continue }
            // Of W diag(c).
            BLAS.multiply(m: out, n: width, k: rows.count, own, transposeA: true, h, into: dscaled)
            if let dw { mq_scale_columns(dscaled, c, dw, out, Int32(width), 1) }
            if let dc { mq_scale_columns_factors(dscaled, weight.value, dc + candidate * width, out, Int32(width), 1) }
        }
    }
}

private struct PooledEvents: Operation {
    let events, weights: Tensor
    let pairs: PairLayout
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let width = events.columns
        let (dh, dw) = (tape.clearedTarget(events), tape.clearedTarget(weights))
        for candidate in 0..<output.rows {
            let rows = pairs.byCandidate[candidate], history = pairs.histories[Int(pairs.questions[candidate])]
            guard !rows.isEmpty else { continue }
            let own = dy + candidate * width
            if let dh {
                BLAS.multiply(
                    m: rows.count, n: width, k: 1, weights.value + rows.lowerBound, own, beta: 1,
                    into: dh + history.lowerBound * width)
            }
            if let dw {
                BLAS.multiply(
                    m: rows.count, n: 1, k: width, events.value + history.lowerBound * width, own, transposeB: true,
                    beta: 1, into: dw + rows.lowerBound)
            }
        }
    }
}

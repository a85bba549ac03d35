internal import CMarqueeKernels

/// Cross entropy of a softmax over the rows of a table, such as all items: the logit of row j is h · E_j.
///
/// As the other losses, a mean over the whole batch: each returns this worker's part of the sum and writes the gradient
/// of the mean at once, to h and to the table.
extension Tape {
    /// -log softmax(h · Eᵀ)[target] over all rows of a table whose gradients are kept by row.
    ///
    /// A step costs rows of h · rows of the table · width: every row of the table gets a gradient.
    /// - Parameters:
    ///   - states: h, [n, width].
    ///   - targets: the right row of each, [n]; a negative one does not count.
    ///   - wide: what is added to the logits beside h · E_j; see ``WideInput``.
    @discardableResult
    public func softmaxCrossEntropy(
        _ states: Tensor, over table: EmbeddingTable, targets: Indices, wide: WideInput? = nil
    ) -> Double {
        precondition(states.columns == table.width)
        let gradient = isTraining ? arena.allocate(Float.self, table.rowCount * table.width) : nil
        if let gradient, states.rows > 0 {
            let ids = indices(table.rowCount)
            for row in 0..<table.rowCount { ids.buffer[row] = Int32(row) }
            addRowGradients(table, ids, gradient, stride: table.width)
        }
        return softmaxCrossEntropy(
            states, rows: table.value, rowCount: table.rowCount, targets: targets, wide: wide,
            gradient: gradient.map { Target(pointer: $0, accumulates: false) })
    }

    /// The same over the rows of a matrix [rows, width], such as a parameter.
    @discardableResult
    public func softmaxCrossEntropy(
        _ states: Tensor, over rows: Tensor, targets: Indices, wide: WideInput? = nil
    ) -> Double {
        precondition(states.columns == rows.columns)
        return softmaxCrossEntropy(
            states, rows: rows.value, rowCount: rows.rows, targets: targets, wide: wide,
            gradient: isTraining && states.rows > 0 ? target(rows) : nil)
    }

    /// Logits a block, no more than this many at a time where the table allows it.
    private static let blockedLogits = 1 << 20

    /// Logits are computed for some rows of h at a time, become their gradients in place, and are gone.
    private func softmaxCrossEntropy(
        _ states: Tensor, rows: UnsafePointer<Float>, rowCount: Int, targets: Indices, wide: WideInput?,
        gradient: Target?
    ) -> Double {
        precondition(targets.count == states.rows && targets.buffer.allSatisfy { $0 < rowCount })
        precondition(wide.map { $0.weights.rows == states.rows } ?? true)
        guard states.rows > 0 else { return 0 }
        let width = states.columns
        let block = min(states.rows, max(32, min(512, Self.blockedLogits / max(rowCount, 1))))
        let logits = arena.allocate(Float.self, block * rowCount)
        let dstates = isTraining ? target(states) : nil
        let inputs = wide.map { arena.allocate(Float.self, $0.weights.columns * block * rowCount) }
        let dweights = isTraining ? wide.flatMap { clearedTarget($0.weights) } : nil
        var loss = 0.0
        for first in stride(from: 0, to: states.rows, by: block) {
            let count = min(block, states.rows - first), own = states.value + first * width
            BLAS.multiply(m: count, n: rowCount, k: width, own, rows, transposeB: true, into: logits)
            if let wide, let inputs { wide.add(first..<first + count, inputs, to: logits, rowCount) }
            loss += mq_softmax_cross_entropy_in_place(
                logits, targets.buffer.baseAddress.map { $0 + first }, count, Int32(rowCount), 1 / Float(batchCount))
            if let wide, let inputs, let dweights {
                wide.addGradients(first..<first + count, inputs, of: logits, rowCount, to: dweights)
            }
            if let dstates {
                BLAS.multiply(
                    m: count, n: width, k: rowCount, logits, rows, beta: dstates.beta,
                    into: dstates.pointer + first * width)
            }
            if let gradient {
                BLAS.multiply(
                    m: rowCount, n: width, k: count, logits, transposeA: true, own,
                    beta: first == 0 ? gradient.beta : 1, into: gradient.pointer)
            }
        }
        return loss
    }

    /// The sampled softmax: -log softmax over the target and some negatives,
    ///
    ///     logit(j) = h · E_j − log q(j),
    ///
    /// q(j) being how likely j was to be drawn (Bengio and Senécal, 2008; Yi et al., RecSys 2019). A negative that is the
    /// row's target does not count. A step costs what its batch touches.
    ///
    /// - Parameters:
    ///   - states: h, [n, width].
    ///   - targets: [n].
    ///   - negatives: shared by all rows, [k], or each row's own, [n · k], with `perRow`.
    ///   - perRow: how many negatives each row has of its own; nil where all share them.
    ///   - logQ: log q of the targets [n] and of the negatives [as many]; nil for none.
    @discardableResult
    public func sampledSoftmaxCrossEntropy(
        _ states: Tensor, over table: EmbeddingTable, targets: Indices, negatives: Indices, perRow: Int? = nil,
        logQ: (targets: Tensor, negatives: Tensor)? = nil
    ) -> Double {
        let n = states.rows, width = states.columns, k = perRow ?? negatives.count, columns = k + 1
        precondition(width == table.width && targets.count == n)
        precondition(negatives.count == (perRow == nil ? k : n * k), "k shared negatives, or k a row")
        precondition(logQ.map { $0.targets.count == n && $0.negatives.count == negatives.count } ?? true)
        guard n > 0 else { return 0 }
        let right = gathered(table, targets), wrong = gathered(table, negatives)
        let logits = arena.allocate(Float.self, n * columns), own = arena.allocate(Float.self, n)
        mq_dot_rows(states.value, right, own, n, Int32(width))
        for row in 0..<n { logits[row * columns] = own[row] - (logQ?.targets[row] ?? 0) }
        forEachGroup(n, perRow: perRow) { rows, first in
            BLAS.multiply(
                m: rows.count, n: k, k: width, states.value + rows.lowerBound * width, wrong + first * width,
                transposeB: true, into: logits + rows.lowerBound * columns + 1, ldc: columns)
        }
        mq_correct_candidates(
            logits + 1, columns, targets.buffer.baseAddress, negatives.buffer.baseAddress, logQ?.negatives.value, n,
            Int32(k), perRow == nil ? 0 : 1)
        let loss = mq_softmax_cross_entropy_in_place(logits, nil, n, Int32(columns), 1 / Float(batchCount))
        guard isTraining else { return loss }

        // The logits are now their gradients.
        for row in 0..<n { own[row] = logits[row * columns] }
        if let dstates = target(states) {
            mq_scale_rows(own, right, dstates.pointer, n, Int32(width), dstates.flag)
            forEachGroup(n, perRow: perRow) { rows, first in
                BLAS.multiply(
                    m: rows.count, n: width, k: k, logits + rows.lowerBound * columns + 1, lda: columns,
                    wrong + first * width, beta: 1, into: dstates.pointer + rows.lowerBound * width)
            }
        }
        // What was gathered gives its memory to the gradients.
        mq_scale_rows(own, states.value, right, n, Int32(width), 0)
        addRowGradients(table, targets, right, stride: width)
        forEachGroup(n, perRow: perRow) { rows, first in
            BLAS.multiply(
                m: k, n: width, k: rows.count, logits + rows.lowerBound * columns + 1, transposeA: true, lda: columns,
                states.value + rows.lowerBound * width, into: wrong + first * width)
        }
        addRowGradients(table, negatives, wrong, stride: width)
        return loss
    }

    private func gathered(_ table: EmbeddingTable, _ ids: Indices) -> UnsafeMutablePointer<Float> {
        let rows = arena.allocate(Float.self, ids.count * table.width)
        mq_gather(table.value, Int32(table.width), ids.buffer.baseAddress, ids.count, rows, table.width)
        return rows
    }

    /// Rows that share their negatives, and the first of these: all of them, or each by itself.
    private func forEachGroup(_ count: Int, perRow: Int?, _ body: (_ rows: Range<Int>, _ first: Int) -> Void) {
        guard let perRow else { return body(0..<count, 0) }
        for row in 0..<count { body(row..<row + 1, row * perRow) }
    }
}

internal import CMarqueeKernels
internal import MarqueeRuntime

extension Tape {
    /// Scaled dot-product attention of several heads over packed sequences (Vaswani et al., NeurIPS 2017, §3.2):
    ///
    ///     y_i = Σ_j softmax_j(scale · q_i · k_j + bias[head, bucket(i, j)]) v_j
    ///
    /// over the keys j of i's own sequence. Columns of a head lie together: head h has columns
    /// h · width ..< (h + 1) · width.
    ///
    /// Queries meet keys a block at a time, with a running maximum and sum, and backwards the weights are computed anew
    /// (Dao et al., "FlashAttention", NeurIPS 2022): no [length, length] matrix is kept. O(Σ length² · width).
    ///
    /// - Parameters:
    ///   - queries: [rows, heads · width], packed by `sequences`.
    ///   - keys: [key rows, heads · width], packed by `keySequences`.
    ///   - values: [key rows, heads · value width].
    ///   - keySequences: the layout of keys and values, with as many sequences; nil where it is that of the queries.
    ///   - causal: query i sees the keys j ≤ i + (keys − queries of its sequence): the last query sees all.
    ///   - scale: nil for 1 / √width.
    ///   - positionBias, timeBias: [heads, buckets] each, added to the scores; learned.
    ///   - rate: of dropout on the attention weights.
    /// - Returns: [rows, heads · value width]; zeros for a query that sees no key.
    public func attention(
        _ queries: Tensor, _ keys: Tensor, _ values: Tensor, _ sequences: SequenceLayout,
        keys keySequences: SequenceLayout? = nil, heads: Int, causal: Bool = false, scale: Float? = nil,
        positionBias: AttentionBias? = nil, timeBias: AttentionBias? = nil, dropout rate: Float = 0
    ) -> Tensor {
        let keySequences = keySequences ?? sequences
        precondition(queries.rows == sequences.rowCount && keys.rows == keySequences.rowCount)
        precondition(values.rows == keys.rows && queries.columns == keys.columns)
        precondition(queries.columns % heads == 0 && values.columns % heads == 0, "columns are cut into equal heads")
        precondition(sequences.count == keySequences.count)
        precondition(positionBias?.table.rows ?? heads == heads && timeBias?.table.rows ?? heads == heads)
        let drops = isTraining && rate > 0
        let attention = Attention(
            queries: queries, keys: keys, values: values, sequences: sequences, keySequences: keySequences,
            heads: heads, causal: causal, scale: scale ?? 1 / Float(queries.columns / heads).squareRoot(),
            positionBias: positionBias.map { PlacedBias($0, sequences, keySequences, self) },
            timeBias: timeBias.map { PlacedBias($0, sequences, keySequences, self) },
            threshold: drops ? Self.threshold(rate) : 0, key: drops ? drawKey() : 0,
            logSums: arena.allocate(Float.self, heads * queries.rows),
            output: result(rows: queries.rows, columns: values.columns))
        attention.forward(self)
        record(attention)
        return attention.output
    }
}

/// A bias with the positions of all rows.
private struct PlacedBias {
    let bias: AttentionBias
    let queries, keys: Indices

    init(_ bias: AttentionBias, _ sequences: SequenceLayout, _ keySequences: SequenceLayout, _ tape: Tape) {
        self.bias = bias
        queries = bias.positions ?? tape.positions(sequences)
        keys = bias.keyPositions ?? bias.positions ?? tape.positions(keySequences)
        precondition(queries.count == sequences.rowCount && keys.count == keySequences.rowCount)
    }
}

private struct Attention: Operation {
    let queries, keys, values: Tensor
    let sequences, keySequences: SequenceLayout
    let heads: Int
    let causal: Bool
    let scale: Float
    let positionBias, timeBias: PlacedBias?
    /// Of the dropout.
    let threshold: UInt32
    let key: UInt64
    /// [heads, rows]: the logarithm of each query's Σ exp(score).
    let logSums: UnsafeMutablePointer<Float>
    let output: Tensor

    var width: Int { queries.columns / heads }
    var valueWidth: Int { values.columns / heads }

    /// Some queries of a sequence against some of its keys, of one head.
    struct Block {
        /// Rows of the packed tensors.
        let queries, keys: Range<Int>
        let head: Int
        let mask: mq_attention_block
        /// Counts the blocks of a pass, for the dropout.
        let index: Int
    }

    /// Queries and keys of a block, at most.
    static let blockLength = 64

    /// Calls `body` with the blocks of each head and sequence that hold a key that is seen, those of the same queries
    /// one after the other, and `end` behind the last of these.
    private func forEachBlock(
        _ body: (Block) -> Void, end: (_ queries: Range<Int>, _ head: Int) -> Void = { _, _ in }
    ) {
        var index = 0
        for head in 0..<heads {
            for s in 0..<sequences.count {
                let rows = sequences[s], keyRows = keySequences[s], shift = keyRows.count - rows.count
                for query in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.blockLength) {
                    let block = query..<min(query + Self.blockLength, rows.upperBound)
                    // Position among the keys behind the last one that a query of the block sees.
                    let seen = causal ? min(block.upperBound - rows.lowerBound + shift, keyRows.count) : keyRows.count
                    for first in stride(from: 0, to: seen, by: Self.blockLength) {
                        let columns = min(Self.blockLength, seen - first)
                        let mask = mq_attention_block(
                            rows: Int32(block.count), columns: Int32(columns), causal: causal ? 1 : 0,
                            query: Int32(query - rows.lowerBound + shift), key: Int32(first))
                        let key = keyRows.lowerBound + first
                        body(Block(queries: block, keys: key..<key + columns, head: head, mask: mask, index: index))
                        index += 1
                    }
                    end(block, head)
                }
            }
        }
    }

    // MARK: Forward

    func forward(_ tape: Tape) {
        let scores = tape.arena.allocate(Float.self, Self.blockLength * Self.blockLength)
        let sums = tape.arena.allocate(Float.self, Self.blockLength)
        sums.update(repeating: 0, count: Self.blockLength)
        logSums.update(repeating: -.infinity, count: heads * queries.rows)
        output.value.update(repeating: 0, count: output.count)
        forEachBlock { block in
            self.scores(block, into: scores)
            let result = output.value + block.queries.lowerBound * output.columns + block.head * valueWidth
            mq_attention_softmax(
                block.mask, scores, logSum(block.queries, block.head), sums, result, Int32(valueWidth), output.columns)
            drop(scores, block)
            BLAS.multiply(
                m: block.queries.count, n: valueWidth, k: block.keys.count, scores, head(values, block.keys, block),
                ldb: values.columns, beta: 1, into: result, ldc: output.columns)
        } end: { rows, head in
            mq_attention_finish(
                Int32(rows.count), logSum(rows, head), sums,
                output.value + rows.lowerBound * output.columns + head * valueWidth, Int32(valueWidth), output.columns)
            sums.update(repeating: 0, count: Self.blockLength)
        }
    }

    /// scale · q · kᵀ + biases, [queries, keys] of a block.
    private func scores(_ block: Block, into scores: UnsafeMutablePointer<Float>) {
        BLAS.multiply(
            m: block.queries.count, n: block.keys.count, k: width, alpha: scale, head(queries, block.queries, block),
            lda: queries.columns, head(keys, block.keys, block), transposeB: true, ldb: keys.columns, into: scores)
        forEachBias { bias in
            withKernel(bias, block) { mq_attention_add_bias($0, block.mask.rows, block.mask.columns, scores) }
        }
    }

    private func logSum(_ rows: Range<Int>, _ head: Int) -> UnsafeMutablePointer<Float> {
        logSums + head * queries.rows + rows.lowerBound
    }

    /// The columns of a block's head, from the first of `rows` on.
    private func head(_ x: Tensor, _ rows: Range<Int>, _ block: Block) -> UnsafeMutablePointer<Float> {
        x.value + offset(x, rows, block)
    }

    private func offset(_ x: Tensor, _ rows: Range<Int>, _ block: Block) -> Int {
        rows.lowerBound * x.columns + block.head * (x.columns / heads)
    }

    private func forEachBias(_ body: (PlacedBias) -> Void) {
        if let positionBias { body(positionBias) }
        if let timeBias { body(timeBias) }
    }

    private func withKernel(_ bias: PlacedBias, _ block: Block, _ body: (UnsafePointer<mq_attention_bias>) -> Void) {
        withUnsafePointer(
            to: bias.bias.kernel(
                head: block.head, query: bias.queries.buffer.baseAddress.map { $0 + block.queries.lowerBound },
                key: bias.keys.buffer.baseAddress.map { $0 + block.keys.lowerBound }), body)
    }

    /// The same weights of a block are dropped forward and backward.
    private func drop(_ weights: UnsafeMutablePointer<Float>, _ block: Block) {
        guard threshold > 0 else { return }
        mq_dropout_in_place(
            weights, block.queries.count * block.keys.count, threshold, RandomStream.mix(key &+ UInt64(block.index)))
    }

    // MARK: Backward

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let size = Self.blockLength * Self.blockLength
        let weights = tape.arena.allocate(Float.self, size), dropped = tape.arena.allocate(Float.self, size)
        let dscores = tape.arena.allocate(Float.self, size)
        let along = tape.arena.allocate(Float.self, Self.blockLength)
        let dqueries = tape.clearedTarget(queries), dkeys = tape.clearedTarget(keys)
        let dvalues = tape.clearedTarget(values)
        forEachBias { _ = tape.clearedTarget($0.bias.table) }
        forEachBlock { block in
            let (m, n) = (block.queries.count, block.keys.count)
            let dresult = dy + offset(output, block.queries, block)
            mq_attention_along(
                block.mask.rows, head(output, block.queries, block), dresult, Int32(valueWidth), output.columns, along)
            scores(block, into: weights)
            mq_attention_probabilities(block.mask, logSum(block.queries, block.head), weights)
            if let dvalues {
                dropped.update(from: weights, count: m * n)
                drop(dropped, block)
                BLAS.multiply(
                    m: n, n: valueWidth, k: m, dropped, transposeA: true, dresult, ldb: output.columns, beta: 1,
                    into: dvalues + offset(values, block.keys, block), ldc: values.columns)
            }
            BLAS.multiply(
                m: m, n: n, k: valueWidth, dresult, lda: output.columns, head(values, block.keys, block),
                transposeB: true, ldb: values.columns, into: dscores)
            drop(dscores, block)
            mq_attention_scores_backward(block.mask.rows, block.mask.columns, weights, along, dscores)
            backwardBiases(dscores, block, tape)
            if let dqueries {
                BLAS.multiply(
                    m: m, n: width, k: n, alpha: scale, dscores, head(keys, block.keys, block), ldb: keys.columns,
                    beta: 1, into: dqueries + offset(queries, block.queries, block), ldc: queries.columns)
            }
            if let dkeys {
                BLAS.multiply(
                    m: n, n: width, k: m, alpha: scale, dscores, transposeA: true,
                    head(queries, block.queries, block), ldb: queries.columns, beta: 1,
                    into: dkeys + offset(keys, block.keys, block), ldc: keys.columns)
            }
        }
    }

    private func backwardBiases(_ dscores: UnsafePointer<Float>, _ block: Block, _ tape: Tape) {
        forEachBias { bias in
            guard let dtable = tape.gradient(bias.bias.table) else { return }
            withKernel(bias, block) {
                mq_attention_bias_backward(
                    $0, block.mask.rows, block.mask.columns, dscores, dtable + block.head * bias.bias.table.columns)
            }
        }
    }
}

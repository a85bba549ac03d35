internal import CMarqueeKernels

extension Tape {
    /// Batch normalisation over the rows of the whole batch, all workers' shards together, followed by
    /// dropout: y = drop((x - μ) / √(σ² + ε) · γ + β) (Ioffe and Szegedy, ICML 2015).
    ///
    /// In training μ and σ² (biased) are the batch's and the running ones follow them with `momentum`
    /// (the running variance unbiased, as PyTorch's BatchNorm1d); otherwise the running ones are used.
    public func batchNorm(_ x: Tensor, _ layer: BatchNorm1d, dropout rate: Float = 0) -> Tensor {
        let columns = x.columns
        let gamma = self(layer.gain)
        let beta = self(layer.bias)
        let y = result(rows: x.rows, columns: columns)
        guard isTraining else {
            let inverse = arena.allocate(Float.self, columns)
            for c in 0..<columns { inverse[c] = 1 / (layer.runningVariance.value[c] + layer.epsilon).squareRoot() }
            mq_normalize_columns(
                x.value, y.value, Int32(x.rows), Int32(columns), layer.runningMean.value, inverse, gamma.value,
                beta.value, 0, 0)
            return y
        }
        // mean | 1 / √(σ² + ε); merged over workers by Chan, Golub and LeVeque (1979).
        let statistics = arena.allocate(Float.self, 2 * columns)
        let mean = statistics
        let inverse = statistics + columns
        mean.update(repeating: 0, count: 2 * columns)
        var merged: Float = 0
        exchange(2 * columns + 1) { board in
            mq_column_moments(x.value, Int32(x.rows), Int32(columns), board, board + columns)
            board[2 * columns] = Float(x.rows)
        } merge: { _, board in
            let n = board[2 * columns]
            guard n > 0 else { return }
            let total = merged + n
            for c in 0..<columns {
                let difference = board[c] - mean[c]
                mean[c] += difference * n / total
                inverse[c] += board[columns + c] + difference * difference * merged * n / total
            }
            merged = total
        }
        if worker == 0 { layer.follow(mean: mean, deviation: inverse, count: merged) }
        for c in 0..<columns { inverse[c] = 1 / (inverse[c] / merged + layer.epsilon).squareRoot() }
        let key = rate > 0 ? drawKey() : 0
        mq_normalize_columns(
            x.value, y.value, Int32(x.rows), Int32(columns), mean, inverse, gamma.value, beta.value,
            Self.threshold(rate), key)
        record(y, from: x, gamma, beta, saved: statistics, scalar: merged, integers: (Int(Self.threshold(rate)), 0), key: key) {
            node, tape in
            let (x, gamma, beta) = node.inputs
            guard let dy = tape.gradient(node.output), let statistics = node.saved else { return }
            let columns = x.columns
            let sums = tape.arena.allocate(Float.self, 2 * columns)
            tape.exchange(2 * columns) { board in
                mq_normalize_columns_sums(
                    dy, x.value, Int32(x.rows), Int32(columns), statistics, statistics + columns,
                    UInt32(node.integers.0), node.key, board, board + columns)
                // The gains' gradients are of this shard alone: the optimiser adds the shards.
                if let dbeta = tape.target(beta) { mq_axpy(1, board, dbeta.pointer, columns, dbeta.flag) }
                if let dgamma = tape.target(gamma) { mq_axpy(1, board + columns, dgamma.pointer, columns, dgamma.flag) }
            } merge: { other, board in
                mq_axpy(1, board, sums, 2 * columns, other == 0 ? 0 : 1)
            }
            guard let dx = tape.target(x) else { return }
            mq_normalize_columns_backward(
                dy, x.value, dx.pointer, Int32(x.rows), Int32(columns), statistics, statistics + columns,
                gamma.value, sums, sums + columns, node.scalar, dx.flag)
        }
        return y
    }

    /// Layer normalisation of each row: y = (x - μ) / √(σ² + ε) · γ + β (Ba, Kiros and Hinton, 2016).
    public func layerNorm(_ x: Tensor, _ layer: LayerNorm) -> Tensor {
        let gamma = self(layer.gain)
        let beta = self(layer.bias)
        let y = result(rows: x.rows, columns: x.columns)
        let statistics = arena.allocate(Float.self, 2 * x.rows)
        mq_normalize_rows(
            x.value, y.value, Int32(x.rows), Int32(x.columns), gamma.value, beta.value, layer.epsilon, statistics,
            statistics + x.rows)
        record(y, from: x, gamma, beta, saved: statistics) { node, tape in
            let (x, gamma, beta) = node.inputs
            guard let dy = tape.gradient(node.output), let statistics = node.saved,
                let dgamma = tape.target(gamma), let dbeta = tape.target(beta)
            else { return }
            let dx = tape.target(x)
            mq_normalize_rows_backward(
                dy, x.value, dx?.pointer, Int32(x.rows), Int32(x.columns), gamma.value, statistics,
                statistics + x.rows, dgamma.pointer, dbeta.pointer, dx?.flag ?? 0, dgamma.flag, dbeta.flag)
        }
        return y
    }
}

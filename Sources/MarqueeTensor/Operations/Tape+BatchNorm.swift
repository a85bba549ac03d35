internal import CMarqueeKernels

extension Tape {
    /// Batch normalization over the rows of the whole batch, all workers' shards together, followed by
    /// dropout: y = drop((x - μ) / √(σ² + ε) · γ + β) (Ioffe and Szegedy, ICML 2015).
    ///
    /// In training μ and σ² (biased) are the batch's and the running ones follow them with `momentum`
    /// (the running variance unbiased, as PyTorch's BatchNorm1d); otherwise the running ones are used.
    public func batchNorm(_ x: Tensor, _ layer: BatchNorm1d, dropout rate: Float = 0) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        guard let statistics = normalize(x, into: y, layer, dropout: rate) else { return y }
        record(
            BatchNormalization(
                x: x, gamma: self(layer.gain), beta: self(layer.bias), statistics: statistics,
                threshold: Self.threshold(rate), output: y))
        return y
    }

    /// Linear → ReLU → batch normalization → dropout in one operation, whose backward pass takes the
    /// normalization, the ReLU and the bias in one sweep: what a tower of a recommender network is made of.
    public func linearBatchNorm(
        _ x: Tensor, weight: Tensor, bias: Tensor, _ layer: BatchNorm1d, dropout rate: Float = 0
    ) -> Tensor {
        guard isTraining else { return batchNorm(linear(x, weight: weight, bias: bias, relu: true), layer) }
        let hidden = result(rows: x.rows, columns: weight.rows)
        BLAS.multiply(
            m: x.rows, n: weight.rows, k: x.columns, x.value, weight.value, transposeB: true, into: hidden.value)
        mq_bias_relu(hidden.value, bias.value, Int32(hidden.rows), Int32(hidden.columns), 1)
        let y = result(rows: x.rows, columns: weight.rows)
        guard let statistics = normalize(hidden, into: y, layer, dropout: rate) else { return y }
        record(
            LinearBatchNormalization(
                x: x, weight: weight, bias: bias, hidden: hidden, gamma: self(layer.gain), beta: self(layer.bias),
                statistics: statistics, threshold: Self.threshold(rate), output: y))
        return y
    }

    /// What the backward pass of a normalization needs of its forward pass.
    fileprivate struct Statistics {
        /// μ, 1 / √(σ² + ε) and γ / √(σ² + ε), a column each, one behind the other.
        let columns: UnsafeMutablePointer<Float>
        /// Rows of the whole batch.
        let count: Float
        let key: UInt64
    }

    /// Normalizes x into y; the statistics when the batch's own were used.
    private func normalize(_ x: Tensor, into y: Tensor, _ layer: BatchNorm1d, dropout rate: Float) -> Statistics? {
        let columns = x.columns
        let (gamma, beta) = (layer.gain.value, layer.bias.value)
        let mean = arena.allocate(Float.self, 3 * columns)
        let inverse = mean + columns
        let scale = inverse + columns
        guard isTraining else {
            for c in 0..<columns {
                scale[c] = gamma[c] / (layer.runningVariance.value[c] + layer.epsilon).squareRoot()
            }
            mq_normalize_columns(
                x.value, y.value, Int32(x.rows), Int32(columns), layer.runningMean.value, scale, beta, 0, 0)
            return nil
        }
        // Merged over workers by Chan, Golub and LeVeque (1979).
        mean.update(repeating: 0, count: 2 * columns)
        var merged: Float = 0
        exchange.allReduce(2 * columns + 1) { own in
            mq_column_moments(x.value, Int32(x.rows), Int32(columns), own, own + columns)
            own[2 * columns] = Float(x.rows)
        } merge: { _, moments in
            let n = moments[2 * columns]
            guard n > 0 else { return }
            let total = merged + n
            for c in 0..<columns {
                let difference = moments[c] - mean[c]
                mean[c] += difference * n / total
                inverse[c] += moments[columns + c] + difference * difference * merged * n / total
            }
            merged = total
        }
        if worker == 0 { layer.follow(mean: mean, deviation: inverse, count: merged) }
        for c in 0..<columns {
            inverse[c] = 1 / (inverse[c] / merged + layer.epsilon).squareRoot()
            scale[c] = inverse[c] * gamma[c]
        }
        let key = rate > 0 ? drawKey() : 0
        mq_normalize_columns(
            x.value, y.value, Int32(x.rows), Int32(columns), mean, scale, beta, Self.threshold(rate), key)
        return Statistics(columns: mean, count: merged, key: key)
    }

    /// dx = γ / √(σ² + ε) · (dy - mean(dy) - x̂ · mean(dy · x̂)), as coefficients of dy and x a column.
    fileprivate struct NormalizeGradient {
        let dy: UnsafeMutablePointer<Float>
        let x: Tensor
        let mean, scale, offset, slope: UnsafeMutablePointer<Float>

        func write(
            to dx: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?, relu: Bool, accumulate: Int32
        ) {
            mq_normalize_columns_backward(
                dy, x.value, dx, Int32(x.rows), Int32(x.columns), mean, scale, offset, slope, bias, relu ? 1 : 0,
                accumulate)
        }
    }

    /// Takes dy back through the dropout, leaves the gradients of γ and β, and says how x's comes out.
    fileprivate func normalizeBackward(
        _ dy: UnsafeMutablePointer<Float>, _ x: Tensor, gamma: Tensor, beta: Tensor, _ statistics: Statistics,
        threshold: UInt32
    ) -> NormalizeGradient {
        let columns = x.columns
        let (mean, inverse) = (statistics.columns, statistics.columns + columns)
        let offset = arena.allocate(Float.self, 2 * columns)
        let slope = offset + columns
        exchange.allReduce(2 * columns) { sums in
            mq_normalize_columns_sums(
                dy, x.value, Int32(x.rows), Int32(columns), mean, inverse, threshold, statistics.key, sums,
                sums + columns)
            // The gradients of γ and β are of this shard alone: the optimizer adds the shards.
            if let dbeta = target(beta) { mq_axpy(1, sums, dbeta.pointer, columns, dbeta.flag) }
            if let dgamma = target(gamma) { mq_axpy(1, sums + columns, dgamma.pointer, columns, dgamma.flag) }
        } merge: { other, sums in
            mq_axpy(1, sums, offset, 2 * columns, other == 0 ? 0 : 1)
        }
        let scale = inverse + columns
        for c in 0..<columns {
            offset[c] *= scale[c] / statistics.count
            slope[c] *= scale[c] * inverse[c] / statistics.count
        }
        return NormalizeGradient(dy: dy, x: x, mean: mean, scale: scale, offset: offset, slope: slope)
    }
}

private struct BatchNormalization: Operation {
    let x, gamma, beta: Tensor
    let statistics: Tape.Statistics
    /// Of the dropout.
    let threshold: UInt32
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let gradient = tape.normalizeBackward(
            dy, x, gamma: gamma, beta: beta, statistics, threshold: threshold)
        if let dx = tape.target(x) { gradient.write(to: dx.pointer, bias: nil, relu: false, accumulate: dx.flag) }
    }
}

private struct LinearBatchNormalization: Operation {
    let x, weight, bias: Tensor
    /// The linear map's result after ReLU, which is normalized.
    let hidden: Tensor
    let gamma, beta: Tensor
    let statistics: Tape.Statistics
    /// Of the dropout.
    let threshold: UInt32
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let gradient = tape.normalizeBackward(
            dy, hidden, gamma: gamma, beta: beta, statistics, threshold: threshold)
        guard let db = tape.clearedTarget(bias) else { return }
        let dz = tape.arena.allocate(Float.self, hidden.count)
        gradient.write(to: dz, bias: db, relu: true, accumulate: 0)
        if let dw = tape.target(weight) {
            BLAS.multiply(
                m: weight.rows, n: x.columns, k: x.rows, dz, transposeA: true, x.value, beta: dw.beta, into: dw.pointer)
        }
        if let dx = tape.target(x) {
            BLAS.multiply(m: x.rows, n: x.columns, k: weight.rows, dz, weight.value, beta: dx.beta, into: dx.pointer)
        }
    }
}

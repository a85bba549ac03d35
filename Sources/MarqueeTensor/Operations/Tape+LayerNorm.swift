internal import CMarqueeKernels

extension Tape {
    /// Layer normalization of each row: y = (x - μ) / √(σ² + ε) · γ + β (Ba, Kiros and Hinton, 2016).
    public func layerNorm(_ x: Tensor, _ layer: LayerNorm) -> Tensor {
        let gamma = self(layer.gain)
        let beta = self(layer.bias)
        let y = result(rows: x.rows, columns: x.columns)
        let statistics = arena.allocate(Float.self, 2 * x.rows)
        mq_normalize_rows(
            x.value, y.value, Int32(x.rows), Int32(x.columns), gamma.value, beta.value, layer.epsilon, statistics,
            statistics + x.rows)
        record(LayerNormalization(x: x, gamma: gamma, beta: beta, statistics: statistics, output: y))
        return y
    }
}

private struct LayerNormalization: Operation {
    let x, gamma, beta: Tensor
    /// Each row's μ, then each row's 1 / √(σ² + ε).
    let statistics: UnsafeMutablePointer<Float>
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dgamma = tape.target(gamma), let dbeta = tape.target(beta) else { return }
        let dx = tape.target(x)
        mq_normalize_rows_backward(
            dy, x.value, dx?.pointer, Int32(x.rows), Int32(x.columns), gamma.value, statistics, statistics + x.rows,
            dgamma.pointer, dbeta.pointer, dx?.flag ?? 0, dgamma.flag, dbeta.flag)
    }
}

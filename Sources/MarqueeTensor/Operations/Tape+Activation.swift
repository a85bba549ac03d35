internal import CMarqueeKernels

/// Elementwise non-linearities.
public enum Activation: Sendable, Equatable {
    case relu, sigmoid, tanh, softplus
    /// x for x > 0, else slope · x.
    case leakyReLU(slope: Float)
    /// x · Φ(x), exact.
    case gelu
    /// eˣ.
    case exponential

    fileprivate var kernel: (kind: mq_activation, slope: Float) {
        switch self {
        case .relu: (MQ_RELU, 0)
        case .leakyReLU(let slope): (MQ_LEAKY_RELU, slope)
        case .sigmoid: (MQ_SIGMOID, 0)
        case .tanh: (MQ_TANH, 0)
        case .softplus: (MQ_SOFTPLUS, 0)
        case .gelu: (MQ_GELU, 0)
        case .exponential: (MQ_EXPONENTIAL, 0)
        }
    }
}

extension Tape {
    /// y = f(x), elementwise; x itself where f leaves everything as it is.
    public func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        if case .leakyReLU(slope: 1) = activation { return x }
        let y = result(rows: x.rows, columns: x.columns)
        let (kind, slope) = activation.kernel
        mq_activate(kind, slope, x.value, y.value, x.count)
        record(Activated(x: x, kind: kind, slope: slope, output: y))
        return y
    }
}

private struct Activated: Operation {
    let x: Tensor
    let kind: mq_activation
    let slope: Float
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_activate_backward(kind, slope, x.value, output.value, dy, dx.pointer, x.count, dx.flag)
    }
}

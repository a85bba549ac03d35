internal import MarqueeRuntime

/// Layer normalization of rows; see ``Tape/layerNorm(_:_:)``.
public struct LayerNorm: Module {
    public let gain: Parameter
    public let bias: Parameter
    public let epsilon: Float

    public init(_ features: Int, epsilon: Float = 1e-5) {
        gain = Parameter(columns: features, .constant(1), stream: .init(key: 0), decays: false)
        bias = Parameter(columns: features, .constant(0), stream: .init(key: 0), decays: false)
        self.epsilon = epsilon
    }

    public func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor { tape.layerNorm(x, self) }
}

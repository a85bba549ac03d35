public import MarqueeRuntime

/// y = x · Wᵀ + b, with x [n, in], W [out, in], b [out]; W and b start at U(±1/√in), as in PyTorch.
public struct Linear: Module {
    public let weight: Parameter
    public let bias: Parameter

    public init(_ inputs: Int, _ outputs: Int, _ initializer: Initializer? = nil, stream: inout RandomStream) {
        weight = Parameter(
            rows: outputs, columns: inputs, initializer ?? .linear(inputs: inputs),
            stream: RandomStream(key: stream.next()))
        bias = Parameter(
            columns: outputs, .linear(inputs: inputs), stream: RandomStream(key: stream.next()), decays: false)
    }

    /// `relu` takes max(0, y) in the same pass.
    public func callAsFunction(_ x: Tensor, _ tape: Tape, relu: Bool = false) -> Tensor {
        tape.linear(x, weight: tape(weight), bias: tape(bias), relu: relu)
    }

    /// Followed by ReLU, `norm` and dropout, as one operation.
    public func callAsFunction(_ x: Tensor, _ tape: Tape, relu norm: BatchNorm1d, dropout rate: Float) -> Tensor {
        tape.linearBatchNorm(x, weight: tape(weight), bias: tape(bias), norm, dropout: rate)
    }
}

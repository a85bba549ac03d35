internal import MarqueeRuntime

/// Batch normalization of features; see ``Tape/batchNorm(_:_:dropout:)``.
public struct BatchNorm1d: Module {
    public let gain: Parameter
    public let bias: Parameter
    public let runningMean: Buffer
    public let runningVariance: Buffer
    public let momentum: Float
    public let epsilon: Float

    public init(_ features: Int, momentum: Float = 0.1, epsilon: Float = 1e-5) {
        gain = Parameter(columns: features, .constant(1), stream: .init(key: 0), decays: false)
        bias = Parameter(columns: features, .constant(0), stream: .init(key: 0), decays: false)
        runningMean = Buffer(columns: features, 0)
        runningVariance = Buffer(columns: features, 1)
        self.momentum = momentum
        self.epsilon = epsilon
    }

    public func callAsFunction(_ x: Tensor, _ tape: Tape, dropout rate: Float = 0) -> Tensor {
        tape.batchNorm(x, self, dropout: rate)
    }

    /// Moves the running statistics toward a batch's mean and sum of squared deviations.
    func follow(mean: UnsafePointer<Float>, deviation: UnsafePointer<Float>, count: Float) {
        for c in 0..<gain.columns {
            runningMean.value[c] += momentum * (mean[c] - runningMean.value[c])
            runningVariance.value[c] += momentum * (deviation[c] / max(count - 1, 1) - runningVariance.value[c])
        }
    }
}

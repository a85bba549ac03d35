internal import MarqueeRuntime

/// How parameters start. Every value is a function of the stream and its own index.
public enum Initializer: Sendable, Equatable {
    case constant(Float)
    /// N(0, deviation²).
    case normal(deviation: Float)
    /// Uniform in [-bound, bound].
    case uniform(bound: Float)
    /// Ones on the diagonal of a square matrix, and zeros: what goes through it comes out as it was.
    case identity

    /// U(±1/√inputs): what PyTorch gives weights and biases of a Linear (Kaiming uniform with a = √5).
    public static func linear(inputs: Int) -> Initializer { .uniform(bound: 1 / Float(max(inputs, 1)).squareRoot()) }

    /// U(±√(6 / (inputs + outputs))) (Glorot and Bengio, AISTATS 2010).
    public static func glorot(inputs: Int, outputs: Int) -> Initializer {
        .uniform(bound: (6 / Float(inputs + outputs)).squareRoot())
    }

    func fill(_ values: UnsafeMutableBufferPointer<Float>, stream: RandomStream) {
        switch self {
        case .constant(let value):
            values.initialize(repeating: value)
        case .normal(let deviation):
            var stream = stream
            var index = 0
            while index < values.count {
                let pair = stream.normalPair()
                values.initializeElement(at: index, to: deviation * Float(pair.0))
                if index + 1 < values.count { values.initializeElement(at: index + 1, to: deviation * Float(pair.1)) }
                index += 2
            }
        case .identity:
            let width = Int(Double(values.count).squareRoot())
            precondition(width * width == values.count, "the identity is square")
            values.initialize(repeating: 0)
            for index in 0..<width { values[index * (width + 1)] = 1 }
        case .uniform(let bound):
            for index in values.indices {
                values.initializeElement(
                    at: index, to: bound * Float(2 * stream.unit(at: UInt64(index)) - 1))
            }
        }
    }
}

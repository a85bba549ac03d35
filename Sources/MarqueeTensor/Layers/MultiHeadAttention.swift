public import MarqueeRuntime

/// Multi-head self-attention over packed sequences (Vaswani et al., NeurIPS 2017, §3.2.2):
/// y = W_o · attention(W_q x, W_k x, W_v x), with biases; x and y [rows, width]. Matrices start as Glorot's uniform.
public struct MultiHeadAttention: Module {
    public let query, key, value, output: Linear
    public let heads: Int
    /// Of the attention weights.
    public let dropout: Float

    /// - Precondition: `width` is a multiple of `heads`.
    public init(_ width: Int, heads: Int, dropout: Float = 0, stream: inout RandomStream) {
        precondition(width % heads == 0, "the width is cut into equal heads")
        let start = Initializer.glorot(inputs: width, outputs: width)
        query = Linear(width, width, start, stream: &stream)
        key = Linear(width, width, start, stream: &stream)
        value = Linear(width, width, start, stream: &stream)
        output = Linear(width, width, start, stream: &stream)
        self.heads = heads
        self.dropout = dropout
    }

    /// - Parameters:
    ///   - causal: each row sees itself and older ones alone.
    ///   - positionBias, timeBias: additions to the scores by distance; see ``AttentionBias``.
    public func callAsFunction(
        _ x: Tensor, _ sequences: SequenceLayout, causal: Bool, positionBias: AttentionBias? = nil,
        timeBias: AttentionBias? = nil, _ tape: Tape
    ) -> Tensor {
        let attended = tape.attention(
            query(x, tape), key(x, tape), value(x, tape), sequences, heads: heads, causal: causal,
            positionBias: positionBias, timeBias: timeBias, dropout: dropout)
        return output(attended, tape)
    }
}

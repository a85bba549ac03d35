public import MarqueeRuntime

/// Self-attention and a feed-forward network of each row, with residual connections and layer normalization:
///
///     post-norm: x ← norm₁(x + drop(attention(x))),  x ← norm₂(x + drop(W₂ f(W₁ x)))      (Vaswani et al., 2017)
///     pre-norm:  x ← x + drop(attention(norm₁(x))),  x ← x + drop(W₂ f(W₁ norm₂(x)))      (Xiong et al., ICML 2020)
///
/// x [rows, width], packed. Behind the last layer of a pre-norm stack belongs one more ``LayerNorm``.
public struct TransformerEncoderLayer: Module {
    public let attention: MultiHeadAttention
    /// Layers W₁ [feedForward, width] and W₂ [width, feedForward].
    public let expand, contract: Linear
    public let attentionNorm, feedForwardNorm: LayerNorm
    public let activation: Activation
    public let normFirst: Bool
    /// Of what joins the residual, of the hidden layer and of the attention weights.
    public let dropout: Float

    public init(
        _ width: Int, heads: Int, feedForward: Int, activation: Activation = .relu, normFirst: Bool = false,
        dropout: Float = 0, stream: inout RandomStream
    ) {
        attention = MultiHeadAttention(width, heads: heads, dropout: dropout, stream: &stream)
        expand = Linear(width, feedForward, stream: &stream)
        contract = Linear(feedForward, width, stream: &stream)
        attentionNorm = LayerNorm(width)
        feedForwardNorm = LayerNorm(width)
        self.activation = activation
        self.normFirst = normFirst
        self.dropout = dropout
    }

    /// - Parameter causal: each row sees itself and older ones alone.
    public func callAsFunction(
        _ x: Tensor, _ sequences: SequenceLayout, causal: Bool, positionBias: AttentionBias? = nil,
        timeBias: AttentionBias? = nil, _ tape: Tape
    ) -> Tensor {
        func attend(_ x: Tensor) -> Tensor {
            let y = attention(
                x, sequences, causal: causal, positionBias: positionBias, timeBias: timeBias, tape)
            return tape.dropout(y, rate: dropout)
        }
        func feedForward(_ x: Tensor) -> Tensor {
            let hidden = tape.dropout(tape.activate(expand(x, tape), activation), rate: dropout)
            return tape.dropout(contract(hidden, tape), rate: dropout)
        }
        if normFirst {
            let attended = tape.add(x, attend(attentionNorm(x, tape)))
            return tape.add(attended, feedForward(feedForwardNorm(attended, tape)))
        }
        let attended = attentionNorm(tape.add(x, attend(x)), tape)
        return feedForwardNorm(tape.add(attended, feedForward(attended)), tape)
    }
}

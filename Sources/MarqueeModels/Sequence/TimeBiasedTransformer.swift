internal import MarqueeRuntime
internal import MarqueeTensor

/// Causal self-attention that knows how far apart two events lie: to each head's score is added what it has learned of
/// the distance in events and of the time between them, in logarithmic buckets of seconds; see ``AttentionBias``. There are
/// no positions beside (Shaw and others, NAACL 2018; Li, Wang and McAuley, "Time Interval Aware Self-Attention", WSDM
/// 2020).
struct TimeBiasedTransformer: Module {
    private struct Bias: Module {
        /// [heads, 2 · clip + 1] and [heads, 33].
        let positions, times: Parameter
    }

    private let layers: [TransformerEncoderLayer]
    private let biases: [Bias]
    private let norm: LayerNorm

    /// Seconds up to 2³², a bucket an octave.
    private static let octaves = 33

    /// - Parameter clip: events further apart than so many are as far as that.
    init(
        _ width: Int, layers: Int, heads: Int, feedForward: Int, clip: Int, dropout: Float,
        stream: inout RandomStream
    ) {
        self.layers = (0..<layers).map { _ in
            TransformerEncoderLayer(
                width, heads: heads, feedForward: feedForward, normFirst: true, dropout: dropout, stream: &stream)
        }
        biases = (0..<layers).map { _ in
            Bias(
                positions: Parameter(
                    rows: heads, columns: 2 * clip + 1, .constant(0), stream: RandomStream(key: 0), decays: false),
                times: Parameter(
                    rows: heads, columns: Self.octaves, .constant(0), stream: RandomStream(key: 0), decays: false))
        }
        norm = LayerNorm(width)
    }

    /// - Parameter seconds: by row, when it was, not negative.
    func callAsFunction(_ x: Tensor, _ sequences: SequenceLayout, seconds: Indices, _ tape: Tape) -> Tensor {
        var y = x
        for (layer, bias) in zip(layers, biases) {
            y = layer(
                y, sequences, causal: true, positionBias: AttentionBias(tape(bias.positions), .relative),
                timeBias: AttentionBias(tape(bias.times), .logarithmic(fineness: 0), at: seconds), tape)
        }
        return norm(y, tape)
    }
}

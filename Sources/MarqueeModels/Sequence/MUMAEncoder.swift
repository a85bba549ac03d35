public import MarqueeRuntime
public import MarqueeTensor

/// MUMA's encoder of a history: what lasts, by a ``TimeDecayedLSTM`` over all that is read, and what is wanted now, by a
/// ``TimeBiasedTransformer`` over the recent window, mixed by a gate an event and unit:
///
///     h = g ∘ long + (1 − g) ∘ short,   g = σ(W [long ‖ short] + b)
public struct MUMAEncoder: SequenceNetwork {
    public struct Config: SequenceConfig {
        public var length = 400
        public var window = 200
        public var width = 64
        /// Of the short-term part.
        public var layers = 2
        public var heads = 2
        public var expansion = 2
        /// Events further apart than so many are alike to attention.
        public var clip = 64
        /// Which parts there are: for ablations.
        public var parts = Parts.both
        public var dropout: Float = 0.2
        public var behaviors = BehaviorWeights.target
        public var objective = NextItemObjective()
        public var memory = MemoryConfig.all
        public var train = TrainingConfig.sequences

        public enum Parts: String, Codable, Sendable, CaseIterable {
            case both
            case long, short
        }

        public init() {}

        public static var tiny: Config {
            Config {
                $0.width = 16
                $0.layers = 1
                $0.dropout = 0
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            if layers < 1 || expansion < 1 || clip < 1 { return "layers, expansion and clip must be at least 1" }
            if heads < 1 || width % heads != 0 { return "heads must divide width, \(width)" }
            return sequenceProblem
        }
    }

    public static let kind = "muma"
    public let items: EmbeddingTable
    public let gate: MemoryGate?
    let input: HistoryEmbedding
    let long: TimeDecayedLSTM?
    let short: TimeBiasedTransformer?
    let mix: Linear?
    let dropout: Float

    public init(_ config: Config, items: Int, behaviors: Int, stream: RandomStream) {
        var stream = stream
        let width = config.width
        input = HistoryEmbedding(config, items: items, behaviors: behaviors, stream: &stream)
        self.items = input.items
        gate = MemoryGate(config.memory, width: config.width)
        long = config.parts == .short ? nil : TimeDecayedLSTM(width, width, stream: &stream)
        short =
            config.parts == .long
            ? nil
            : TimeBiasedTransformer(
                width, layers: config.layers, heads: config.heads, feedForward: config.expansion * width,
                clip: config.clip, dropout: config.dropout, stream: &stream)
        mix = config.parts == .both ? Linear(2 * width, width, stream: &stream) : nil
        dropout = config.dropout
    }

    public func states(_ batch: SequenceBatch, _ tape: Tape) -> Tensor {
        let x = input(batch, scale: Float(items.width).squareRoot(), tape)
        let lasting = long.map { batch.recent($0(x, batch.sequences, gaps: batch.gaps, tape), tape) }
        let present = short.map {
            $0(batch.recent(x, tape), batch.recent, seconds: batch.recentSeconds(tape), tape)
        }
        guard let lasting, let present, let mix else { return lasting ?? present ?? batch.recent(x, tape) }
        let dropped = tape.dropout(lasting, rate: dropout)
        let g = tape.activate(mix(tape.concat(dropped, present), tape), .sigmoid)
        // short + g ∘ (long − short).
        return tape.add(present, tape.multiply(g, tape.add(dropped, present, scale: -1)))
    }
}

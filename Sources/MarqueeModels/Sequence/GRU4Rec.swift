public import MarqueeRuntime
public import MarqueeTensor

/// Gated recurrent units over the items of a history (Hidasi and others, "Session-based Recommendations with Recurrent
/// Neural Networks", ICLR 2016): h_t = GRU(E_{i_t}, h_{t−1}), with the items' table read and predicted by alike.
public struct GRU4Rec: SequenceNetwork {
    public struct Config: SequenceConfig {
        public var length = 200
        public var width = 64
        public var layers = 1
        public var dropout: Float = 0.2
        public var behaviors = BehaviorWeights.target
        public var objective = NextItemObjective()
        public var memory = MemoryConfig()
        public var train = TrainingConfig.sequences

        public init() {}

        public static var tiny: Config {
            Config {
                $0.width = 16
                $0.dropout = 0
                $0.train.makeTiny()
            }
        }

        public var problem: String? {
            layers < 1 ? "layers must be at least 1" : sequenceProblem
        }
    }

    public static let kind = "gru4rec"
    public let items: EmbeddingTable
    public let gate: MemoryGate?
    let input: HistoryEmbedding
    let layers: [GRU]
    let dropout: Float

    public init(_ config: Config, items: Int, behaviors: Int, stream: RandomStream) {
        var stream = stream
        input = HistoryEmbedding(config, items: items, behaviors: behaviors, stream: &stream)
        self.items = input.items
        gate = MemoryGate(config.memory, width: config.width)
        layers = (0..<config.layers).map { _ in GRU(config.width, config.width, stream: &stream) }
        dropout = config.dropout
    }

    public func states(_ batch: SequenceBatch, _ tape: Tape) -> Tensor {
        let x = layers.reduce(input(batch, tape)) { $1($0, batch.sequences, tape) }
        return batch.recent(tape.dropout(x, rate: dropout), tape)
    }
}

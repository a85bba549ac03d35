public import MarqueeRuntime
public import MarqueeTensor

/// Gated recurrent units over the items of a history (Hidasi and others, "Session-based Recommendations with Recurrent
/// Neural Networks", ICLR 2016): h_t = GRU(E_{i_t}, h_{t−1}), with the items' table read and predicted by alike.
public struct GRU4Rec: SequenceNetwork {
    public struct Config: SequenceConfig {
        public var length = 200
        /// Of the items' rows and of the state.
        public var width = 64
        public var layers = 1
        public var dropout: Float = 0.2
        public var behaviors = BehaviorWeights.target
        public var objective = NextItemObjective()
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
            if width < 1 || layers < 1 { return "width and layers must be at least 1" }
            return 0..<1 ~= dropout ? sequenceProblem : "dropout must be from 0 to below 1"
        }
    }

    public static let kind = "gru4rec"
    public let items: EmbeddingTable
    let input: HistoryEmbedding
    let layers: [GRU]
    let dropout: Float

    public init(_ config: Config, items: Int, behaviors: Int, stream: RandomStream) {
        var stream = stream
        input = HistoryEmbedding(
            items: items, behaviors: config.behaviors == .target ? 1 : behaviors, config.width,
            dropout: config.dropout, stream: &stream)
        self.items = input.items
        layers = (0..<config.layers).map { _ in GRU(config.width, config.width, stream: &stream) }
        dropout = config.dropout
    }

    public func states(_ batch: SequenceBatch, _ tape: Tape) -> Tensor {
        let x = layers.reduce(input(batch, tape)) { $1($0, batch.sequences, tape) }
        return batch.recent(tape.dropout(x, rate: dropout), tape)
    }
}

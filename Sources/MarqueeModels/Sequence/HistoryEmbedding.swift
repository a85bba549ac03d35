internal import MarqueeRuntime
internal import MarqueeTensor

/// What an event is to a network: the row of its item and, where several behaviors are read, that of its behavior
/// added. [rows, width].
struct HistoryEmbedding: Module {
    let items: EmbeddingTable
    /// Empty where one behavior is read.
    let behaviors: [EmbeddingTable]
    let dropout: Float

    /// - Parameters:
    ///   - behaviors: how many behaviors there are, of which the configuration reads some.
    ///   - deviation: of the rows at the start; 1/√width unless given.
    init(
        _ config: some SequenceConfig, items: Int, behaviors: Int, deviation: Float? = nil, stream: inout RandomStream
    ) {
        let width = config.width
        // Rows of unit length on average, so that a logit starts near 0 and a layer's input near 1.
        let deviation = deviation ?? 1 / Float(width).squareRoot()
        func table(_ rows: Int) -> EmbeddingTable {
            EmbeddingTable(
                rowCount: rows, width: width, .normal(deviation: deviation), stream: RandomStream(key: stream.next()))
        }
        self.items = table(items)
        self.behaviors = behaviors > 1 && config.behaviors != .target ? [table(behaviors)] : []
        dropout = config.dropout
    }

    /// - Parameter scale: of the items' rows.
    func callAsFunction(_ batch: SequenceBatch, scale: Float = 1, plus positions: Tensor? = nil, _ tape: Tape)
        -> Tensor
    {
        var x = tape.gather(items[batch.items])
        if scale != 1 { x = tape.scale(x, by: scale) }
        for table in behaviors { x = tape.add(x, tape.gather(table[batch.behaviors])) }
        if let positions { x = tape.add(x, positions) }
        return tape.dropout(x, rate: dropout)
    }
}

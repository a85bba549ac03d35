internal import MarqueeData
internal import MarqueeEvaluation
public import MarqueeTensor

/// Some questions as a network reads them: the candidates of each, one question after the other, and the events of each
/// history, without padding. A history stands once, however many candidates share it.
public struct ClickBatch {
    /// Which rows of candidates, and of events, are whose.
    public let candidates, histories: SequenceLayout
    /// By candidate: its item, and the item's category (0 unknown).
    public let items, itemCategories: Indices
    /// By candidate, an id for each field that is not the item, in the configuration's order; 0 is unknown.
    public let fields: [Indices]
    /// By candidate, [candidates, signals].
    public let signals: Tensor
    /// By candidate the newest event of its history as an item, -1 where there is none.
    public let newest: Indices
    /// By event: its item, the item's category (0 unknown), how long ago it was and what it is worth, in buckets (0
    /// unknown).
    public let events, categories, ages, values: Indices
    /// The events of each history that are read.
    let read: [History]

    init(_ occasions: [Occasion], _ reader: ClickReader, _ tape: Tape) {
        let inputs = reader.inputs
        let read = occasions.map { $0.history.suffix(inputs.length) }
        self.read = read
        candidates = tape.sequences(lengths: occasions.map { Int32($0.items.count) })
        histories = tape.sequences(lengths: read.map { Int32($0.count) })
        items = tape.indices(occasions.flatMap(\.items))
        let schema = reader.schema
        itemCategories = tape.indices(occasions.flatMap { $0.items.map { schema.itemCategories[Int($0)] } })
        fields = inputs.fields.filter { $0 != .item }.map { field in
            tape.indices(
                occasions.flatMap { occasion in
                    field == .category
                        ? occasion.items.map { schema.itemCategories[Int($0)] }
                        : Array(repeating: schema.code(field, of: occasion.context), count: occasion.items.count)
                })
        }
        let signals = tape.constant(rows: items.count, columns: inputs.signals.count)
        signals.fill { values in
            var first = 0
            for occasion in occasions {
                var own = [Float](repeating: 0, count: occasion.items.count * inputs.signals.count)
                reader.write(occasion) { own[$0] = $1 }
                for (k, value) in own.enumerated() { values[first + k] = value }
                first += own.count
            }
        }
        self.signals = signals
        newest = tape.indices(
            zip(occasions, read).flatMap { Array(repeating: $1.last?.item ?? -1, count: $0.items.count) })
        events = tape.indices(read.flatMap { Array($0.items) })
        categories = tape.indices(read.flatMap { $0.items.map { schema.itemCategories[Int($0)] } })
        ages = tape.indices(
            zip(occasions, read).flatMap { occasion, history in
                // Whoever is asked without a time is asked right after what they did last.
                let moment = occasion.context.time ?? history.last?.time
                return history.map { ClickReader.bucket(from: $0.time, to: moment) }
            })
        values = tape.indices(read.flatMap { $0.map { reader.bucket(value: $0.value) } })
    }
}

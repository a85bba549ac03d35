internal import MarqueeRuntime
internal import MarqueeTensor

/// The linear part of a model of clicks, a column a head:
///
///     b + Σ over fields f of w_f[id] + W · signals
struct LinearTerms: Module {
    /// [rows, heads] each, the item's first where it is read.
    let item: EmbeddingTable?
    let fields: [EmbeddingTable]
    let signals: Linear

    init(_ sizes: ClickSizes, stream: inout RandomStream) {
        func table(_ rows: Int) -> EmbeddingTable {
            EmbeddingTable(rowCount: rows, width: sizes.heads, .constant(0), stream: RandomStream(key: 0))
        }
        item = sizes.readsItem ? table(sizes.items) : nil
        fields = sizes.fields.map(table)
        signals = Linear(max(1, sizes.signals), sizes.heads, .constant(0), stream: &stream)
    }

    func callAsFunction(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        var y = signals(batch.counted(tape), tape)
        if let item { y = tape.add(y, tape.gather(item[batch.items])) }
        for (table, ids) in zip(fields, batch.fields) { y = tape.add(y, tape.gather(table[ids, padding: 0])) }
        return y
    }
}

/// The vectors of what a question and its candidates are: of the candidate, of each field, and of the history's events.
/// Candidates and events share their tables.
struct ClickEmbedding: Module {
    let items: EmbeddingTable
    let categories: EmbeddingTable
    /// Of the fields that are not the item.
    let fields: [EmbeddingTable]
    let width: Int

    init(_ sizes: ClickSizes, width: Int, stream: inout RandomStream) {
        self.width = width
        // Vectors of a length of a third: products begin small.
        func table(_ rows: Int) -> EmbeddingTable {
            EmbeddingTable(
                rowCount: rows, width: width, .normal(deviation: 0.3 / Float(width).squareRoot()),
                stream: RandomStream(key: stream.next()))
        }
        items = table(sizes.items)
        categories = table(sizes.categories)
        fields = sizes.fields.map(table)
    }

    /// Of each candidate its item's and its category's vector side by side, [candidates, 2 · width].
    func candidates(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        tape.concat(items[batch.items], categories[batch.itemCategories, padding: 0])
    }

    /// Of each event of the histories the same, [events, 2 · width].
    func events(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        tape.concat(items[batch.events], categories[batch.categories, padding: 0])
    }

    /// The vector of each field that is not the item, [candidates, width] each.
    func context(_ batch: ClickBatch, _ tape: Tape) -> [Tensor] {
        zip(fields, batch.fields).map { table, ids in tape.gather(table[ids, padding: 0]) }
    }

    /// The mean of the history's item vectors, for each of its question's candidates: [candidates, width].
    func history(_ batch: ClickBatch, _ tape: Tape) -> Tensor {
        let mean = tape.meanRows(tape.gather(items[batch.events]), batch.histories)
        return tape.rows(tape.owners(batch.candidates), of: mean)
    }
}

extension ClickBatch {
    /// The signals, or a column of zeros where none are read.
    func counted(_ tape: Tape) -> Tensor {
        guard signals.columns == 0 else { return signals }
        return tape.constant([Float](repeating: 0, count: items.count), rows: items.count)
    }
}

/// Linear layers with an activation between them, then one that says a logit for each head.
struct ClickTower: Module {
    let layers: [Linear]
    let activations: [ClickActivation]
    let output: Linear
    let dropout: Float

    init(
        _ inputs: Int, _ widths: [Int], heads: Int, _ activation: ClickActivation.Kind, dropout: Float,
        stream: inout RandomStream
    ) {
        var (layers, last) = ([Linear](), inputs)
        for width in widths {
            layers.append(Linear(last, width, .glorot(inputs: last, outputs: width), stream: &stream))
            last = width
        }
        self.layers = layers
        activations = widths.map { ClickActivation(activation, $0) }
        output = Linear(last, heads, .glorot(inputs: last, outputs: heads), stream: &stream)
        self.dropout = dropout
    }

    func callAsFunction(_ x: Tensor, _ tape: Tape) -> Tensor {
        var x = x
        for (layer, activation) in zip(layers, activations) {
            x = tape.dropout(activation(layer(x, tape, relu: activation.isReLU), tape), rate: dropout)
        }
        return output(x, tape)
    }
}

internal import MarqueeRuntime
internal import MarqueeTensor

/// DIN's activation unit: how much an event h of a history matters for a candidate c, from h, c and their product,
///
///     a(h, c) = w · f(… f(W_h h + W_c c + W_p (h ∘ c) + A[age] + V[value] + b))
///
/// The first layer is the paper's over [h, h − c, h ∘ c, c], since h − c adds nothing to h and c in a linear layer; so
/// written it falls into parts of the history and of the candidate, each computed once, and the product's. A and V say how
/// long ago the event was and what it was worth.
struct ActivationUnit: Module {
    /// W_h, without a bias of its own beside the candidate's; W_c and b; W_p.
    let event: Parameter
    let candidate: Linear
    let product: Parameter
    let ages, worths: EmbeddingTable
    let first: ClickActivation
    let layers: [Linear]
    let activations: [ClickActivation]
    let output: Parameter

    init(_ width: Int, _ widths: [Int], _ activation: ClickActivation.Kind, stream: inout RandomStream) {
        let out = widths[0]
        func matrix(_ rows: Int, _ columns: Int) -> Parameter {
            Parameter(
                rows: rows, columns: columns, .glorot(inputs: columns, outputs: rows),
                stream: RandomStream(key: stream.next()))
        }
        event = matrix(out, width)
        product = matrix(out, width)
        output = matrix(1, widths[widths.count - 1])
        candidate = Linear(width, out, .glorot(inputs: width, outputs: out), stream: &stream)
        ages = EmbeddingTable(
            rowCount: ClickReader.ageCount, width: out, .constant(0), stream: RandomStream(key: 0))
        worths = EmbeddingTable(
            rowCount: ClickReader.valueCount, width: out, .constant(0), stream: RandomStream(key: 0))
        first = ClickActivation(activation, out)
        var (layers, last) = ([Linear](), out)
        for width in widths.dropFirst() {
            layers.append(Linear(last, width, .glorot(inputs: last, outputs: width), stream: &stream))
            last = width
        }
        self.layers = layers
        activations = widths.dropFirst().map { ClickActivation(activation, $0) }
    }

    /// Σ over events of a(h, c) · h, of each candidate: [candidates, width]; zeros where there is no history.
    func callAsFunction(_ candidates: Tensor, _ events: Tensor, _ batch: ClickBatch, _ tape: Tape) -> Tensor {
        let pairs = tape.pairs(batch.candidates, batch.histories)
        var ofEvents = tape.matmul(events, tape(event), transposed: true)
        ofEvents = tape.add(ofEvents, tape.gather(ages[batch.ages, padding: 0]))
        ofEvents = tape.add(ofEvents, tape.gather(worths[batch.values, padding: 0]))
        var x = tape.pairProducts(
            events, candidates, weight: tape(product), eventPart: ofEvents,
            candidatePart: candidate(candidates, tape), pairs)
        x = first(first.isReLU ? tape.activate(x, .relu) : x, tape)
        for (layer, activation) in zip(layers, activations) {
            x = activation(layer(x, tape, relu: activation.isReLU), tape)
        }
        return tape.pooledEvents(events, weights: tape.matmul(x, tape(output), transposed: true), pairs)
    }
}

internal import MarqueeTensor

extension MBHGNN {
    /// Logits for which every level but the last has all nodes.
    func wholeGraphLogits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        regularize(batch, tape)
        let asked = selection(of: batch, tape)
        var edges = layers.map { $0.behaviors.map(\.neighbors.whole) }
        var rest = fused.whole
        if let hiding, tape.isTraining {
            let hidden = hiding.edges(of: batch, tape)
            // Every layer looks along the same edges.
            let left = layers.first?.behaviors.enumerated().map { index, behavior in
                hidden.behaviors[index].isEmpty
                    ? behavior.neighbors.whole : behavior.neighbors.without(hidden.behaviors[index])
            }
            edges = layers.map { _ in left ?? [] }
            rest = fused.without(hidden.fused)
        }
        let own = embed(start(tape), layers: edges, hops: hops.map { _ in rest }, tape, at: asked) {
            tape.rows(asked, of: $0)
        }
        return logits(batch, of: own, asked, tape)
    }
}

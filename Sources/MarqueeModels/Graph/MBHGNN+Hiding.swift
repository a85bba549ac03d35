internal import MarqueeData
internal import MarqueeTensor

extension MBHGNN {
    /// A step's pairs are no edges of the target's behavior while it learns of them.
    ///
    /// A network that sees the edge it is asked for learns to read it off the graph, and nothing of what comes
    /// before it; those who are to be recommended something have no such edge yet. So a step's messages go along
    /// the other edges (Zhang and Chen, "Link prediction based on graph neural networks", NeurIPS 2018, §3).
    struct Hiding: Sendable {
        /// The target's place among the behaviors.
        let target: Int
        let behaviors, others: [Adjacency]
        let fused: Adjacency

        init(target: Int, behaviors: [Adjacency], fused: Adjacency) {
            self.target = target
            self.behaviors = behaviors
            self.fused = fused
            others = behaviors.indices.filter { $0 != target }.map { behaviors[$0] }
        }

        /// Both directions of the batch's edges; every worker takes part, and has the same.
        /// O(batch · log degree).
        func edges(of batch: PairBatch, _ tape: Tape) -> HiddenEdges {
            let (users, items) = (tape.all(batch.users), tape.all(batch.items))
            var hidden = HiddenEdges()
            for (user, item) in zip(users, items) {
                let item = item + Int32(fused.userCount)
                guard let there = behaviors[target].edge(from: user, to: item),
                    let back = behaviors[target].edge(from: item, to: user)
                else { continue }
                hidden.target.insert(there)
                hidden.target.insert(back)
                guard !others.contains(where: { $0.edge(from: user, to: item) != nil }),
                    let there = fused.edge(from: user, to: item), let back = fused.edge(from: item, to: user)
                else { continue }
                hidden.fused.insert(there)
                hidden.fused.insert(back)
            }
            return hidden
        }
    }

    /// Places in the columns of the target's graph, and in those of the fused one where no other behavior joins the pair.
    struct HiddenEdges {
        var target: Set<Int> = []
        var fused: Set<Int> = []
    }

    /// Logits for which all nodes are embedded.
    func wholeGraphLogits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        guard let hiding, tape.isTraining else { return logits(batch, of: embed(tape), tape) }
        let hidden = hiding.edges(of: batch, tape)
        // Every layer looks along the same edges.
        let target = layers.first.map { $0.behaviors[hiding.target].neighbors.without(hidden.target) }
        let start = start(tape)
        let rest = fused.without(hidden.fused)
        let own = embed(
            start, rows: start.rows,
            layers: layers.map { layer in
                layer.behaviors.enumerated().map { place, behavior in
                    if place == hiding.target, let target { target } else { behavior.neighbors.whole }
                }
            }, hops: hops.map { _ in rest }, tape)
        return logits(batch, of: own, tape)
    }
}

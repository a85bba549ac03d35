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
        let behaviors: [Adjacency]
        let fused: Adjacency
        /// Whether what was done otherwise with a pair is hidden with it.
        let hidesAuxiliary: Bool

        /// Both directions of the batch's edges; every worker takes part, and has the same.
        /// O(batch · behaviors · log degree).
        func edges(of batch: PairBatch, _ tape: Tape) -> HiddenEdges {
            let (users, items) = (tape.all(batch.users), tape.all(batch.items))
            var hidden = HiddenEdges(behaviors: Array(repeating: [], count: behaviors.count))
            for (user, item) in zip(users, items) {
                let item = item + Int32(fused.userCount)
                guard behaviors[target].edge(from: user, to: item) != nil else { continue }
                var isStillJoined = false
                for (place, graph) in behaviors.enumerated() {
                    guard let there = graph.edge(from: user, to: item), let back = graph.edge(from: item, to: user) else { continue }
                    if place == target || hidesAuxiliary {
                        hidden.behaviors[place].formUnion([there, back])
                    } else {
                        isStillJoined = true
                    }
                }
                guard !isStillJoined, let there = fused.edge(from: user, to: item), let back = fused.edge(from: item, to: user)
                else { continue }
                hidden.fused.formUnion([there, back])
            }
            return hidden
        }
    }

    /// Places in the columns of each behavior's graph, and in those of the fused one where no other behavior joins the pair.
    struct HiddenEdges {
        var behaviors: [Set<Int>]
        var fused: Set<Int> = []
    }

    /// Logits for which every level but the last has all nodes.
    func wholeGraphLogits(_ batch: PairBatch, _ tape: Tape) -> Tensor {
        let asked = selection(of: batch, tape)
        var edges = layers.map { $0.behaviors.map(\.neighbors.whole) }
        var rest = fused.whole
        if let hiding, tape.isTraining {
            let hidden = hiding.edges(of: batch, tape)
            // Every layer looks along the same edges.
            let left = layers.first?.behaviors.enumerated().map { place, behavior in
                hidden.behaviors[place].isEmpty ? behavior.neighbors.whole : behavior.neighbors.without(hidden.behaviors[place])
            }
            edges = layers.map { _ in left ?? [] }
            rest = fused.without(hidden.fused)
        }
        let own = embed(start(tape), layers: edges, hops: hops.map { _ in rest }, tape, at: asked) { tape.rows(asked, of: $0) }
        return logits(batch, of: own, asked, tape)
    }
}

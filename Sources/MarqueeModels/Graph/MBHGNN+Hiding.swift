internal import MarqueeData
internal import MarqueeTensor

extension MBHGNN {
    /// A step's positives are no edges of the target's behavior while it learns of them.
    ///
    /// A network that sees the edge it is asked for learns to read it off the graph, and nothing of what comes
    /// before it; those who are to be recommended something have no such edge yet. So a step's messages go along
    /// the other edges (Zhang and Chen, "Link prediction based on graph neural networks", NeurIPS 2018, §3).
    struct Hiding: Sendable {
        /// The target's index among the behaviors.
        let target: Int
        let behaviors: [Adjacency]
        let fused: Adjacency
        /// Whether what was done otherwise with a pair is hidden with it.
        let hidesAuxiliary: Bool
        /// Whether pairs of every behavior are asked for, or the target's alone.
        let asksForAll: Bool

        /// Both directions of the edges of the batch's positives, the same for every worker. Every worker takes part.
        /// O(batch · behaviors · log degree).
        func edges(of batch: PairBatch, _ tape: Tape) -> HiddenEdges {
            var hidden: [[Int32]] = Array(repeating: [], count: behaviors.count + 1)
            func hide(_ edge: (there: Int, back: Int), of behavior: Int) {
                hidden[behavior].append(Int32(edge.there))
                hidden[behavior].append(Int32(edge.back))
            }
            // Of a pair that is not the target's nothing is hidden unless everything is.
            let asked = asksForAll && hidesAuxiliary ? fused : behaviors[target]
            for k in 0..<batch.users.count {
                let (user, item) = (batch.users[k], batch.items[k] + Int32(fused.userCount))
                guard asked.edge(from: user, to: item) != nil else { continue }
                var isStillJoined = false
                for (index, graph) in behaviors.enumerated() {
                    guard let edge = graph.edges(between: user, item) else { continue }
                    if index == target || hidesAuxiliary { hide(edge, of: index) } else { isStillJoined = true }
                }
                if !isStillJoined, let edge = fused.edges(between: user, item) { hide(edge, of: behaviors.count) }
            }
            let all = hidden.map { Set(tape.all(tape.indices($0)).lazy.map(Int.init)) }
            return HiddenEdges(behaviors: Array(all.dropLast()), fused: all[behaviors.count])
        }
    }

    /// Indices into the columns of each behavior's graph, and in those of the fused one where no other behavior joins the pair.
    struct HiddenEdges {
        let behaviors: [Set<Int>]
        let fused: Set<Int>
    }
}

extension Adjacency {
    /// The indices of the edges between two nodes, there and back; nil where there are none.
    fileprivate func edges(between node: Int32, _ other: Int32) -> (there: Int, back: Int)? {
        guard let there = edge(from: node, to: other), let back = edge(from: other, to: node) else { return nil }
        return (there, back)
    }
}

internal import MarqueeData
internal import MarqueeTensor

/// A degree-normalized graph, whole and to be sampled from.
struct WeightedAdjacency: Sendable {
    let graph: Adjacency
    let whole: SparseOperator

    init(_ graph: Adjacency, nodes: GraphNodes) {
        self.graph = graph
        whole = graph.normalized(nodes.partition)
    }

    /// The edges but for those at these indices of ``graph``, which weigh nothing.
    func without(_ hidden: Set<Int>) -> SparseOperator {
        var values = whole.values
        for edge in hidden { values[edge] = 0 }
        return SparseOperator(
            .init(offsets: graph.offsets, columns: graph.columns, values: values), symmetric: true,
            partition: whole.partition)
    }

    /// Some of the edges, each weighing as much more as its node has more edges than were drawn, so that sums over
    /// a sample have the sums over all neighbors for their mean.
    func sampled(_ drawn: GraphSample.Edges, of sample: GraphSample, without hidden: Set<Int>) -> SparseOperator {
        let weights = whole.values
        var values = drawn.places.map { hidden.contains($0) ? 0 : weights[$0] }
        for target in 0..<sample.targetCount {
            let range = drawn.offsets[target]..<drawn.offsets[target + 1]
            let degree = graph.degree(sample.nodes[target])
            guard degree > range.count else { continue }
            for edge in range { values[edge] *= Float(degree) / Float(range.count) }
        }
        return SparseOperator(
            .init(offsets: drawn.offsets, columns: drawn.columns, values: values), columnCount: sample.nodes.count)
    }
}

internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// Users, items and what else a model knows, such as words or categories, as the nodes of one graph, in this
/// order, and how a crew's workers share them out.
public struct GraphNodes: Sendable {
    public let userCount, itemCount: Int
    /// All of them.
    public let count: Int
    public let partition: NodePartition
    /// Whose workers hold the nodes.
    public let pool: WorkerPool

    /// Shared out so that all workers have equally many edges of `graph` and of the nodes after its items,
    /// whose degrees are `others`.
    init(_ graph: Adjacency, others: [Int] = [], pool: WorkerPool) {
        userCount = graph.userCount
        itemCount = graph.itemCount
        self.pool = pool
        let degrees = (0..<Int32(graph.nodeCount)).map { graph.degree($0) } + others
        count = degrees.count
        // A node costs about what four edges cost.
        partition = NodePartition(loads: degrees.map { $0 + 4 }, workerCount: pool.workerCount)
    }

    init(_ matrix: InteractionMatrix, others: [Int] = [], pool: WorkerPool) {
        self.init(Adjacency(matrix), others: others, pool: pool)
    }
}

extension Adjacency {
    /// D^-½ A D^-½ over nodes that workers share out.
    func normalized(_ partition: NodePartition) -> SparseOperator {
        SparseOperator(
            .init(offsets: offsets, columns: columns, values: symmetricWeights()), symmetric: true, partition: partition
        )
    }
}

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

    /// Shared out so that all workers have equally many edges of `matrix` and of the nodes after its items,
    /// whose degrees are `others`.
    init(_ matrix: InteractionMatrix, others: [Int] = [], pool: WorkerPool) {
        userCount = matrix.rowCount
        itemCount = matrix.columnCount
        self.pool = pool
        let degrees =
            (0..<matrix.rowCount).map { matrix.offsets[$0 + 1] - matrix.offsets[$0] } + matrix.columnCounts() + others
        count = degrees.count
        // A node costs about what four edges cost.
        partition = NodePartition(loads: degrees.map { $0 + 4 }, workerCount: pool.workerCount)
    }
}

/// An undirected bipartite graph in compressed rows: users' items, then items' users.
struct BipartiteRows {
    let offsets: [Int]
    let columns: [Int32]

    /// In time linear in users, items and interactions.
    init(_ matrix: InteractionMatrix) {
        let byItem = matrix.transposed()
        offsets = matrix.offsets + byItem.offsets.dropFirst().map { $0 + matrix.entryCount }
        columns = matrix.columns.map { $0 + Int32(matrix.rowCount) } + byItem.columns
    }

    /// D^-½ A D^-½, with A the adjacency and D its degrees.
    func normalized(_ partition: NodePartition) -> SparseOperator {
        let scales = (1..<offsets.count).map { node -> Float in
            let degree = offsets[node] - offsets[node - 1]
            return degree > 0 ? 1 / Float(degree).squareRoot() : 0
        }
        var values = [Float](repeating: 0, count: columns.count)
        for node in scales.indices {
            for edge in offsets[node]..<offsets[node + 1] { values[edge] = scales[node] * scales[Int(columns[edge])] }
        }
        return SparseOperator(
            .init(offsets: offsets, columns: columns, values: values), symmetric: true, partition: partition)
    }
}

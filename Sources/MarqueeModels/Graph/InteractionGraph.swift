internal import MarqueeData
public import MarqueeRuntime
public import MarqueeTensor

/// Users and items as the nodes of one graph, users first, an edge for every interaction.
public struct InteractionGraph: Sendable {
    public let userCount, itemCount: Int
    public let partition: NodePartition
    /// D^-½ A D^-½, with A the adjacency of the undirected bipartite graph and D its degrees.
    public let normalized: SparseOperator
    /// Whose workers hold the nodes.
    public let pool: WorkerPool

    /// In time linear in users, items and interactions.
    init(_ matrix: InteractionMatrix, pool: WorkerPool) {
        let byItem = matrix.transposed()
        userCount = matrix.rowCount
        itemCount = matrix.columnCount
        self.pool = pool
        let users = userCount
        var offsets = matrix.offsets
        offsets.append(contentsOf: byItem.offsets.dropFirst().map { $0 + matrix.entryCount })
        let columns = matrix.columns.map { $0 + Int32(users) } + byItem.columns
        let degrees = (1..<offsets.count).map { offsets[$0] - offsets[$0 - 1] }
        let scales = degrees.map { $0 > 0 ? 1 / Float($0).squareRoot() : 0 }
        var values = [Float](repeating: 0, count: columns.count)
        for node in degrees.indices {
            for edge in offsets[node]..<offsets[node + 1] { values[edge] = scales[node] * scales[Int(columns[edge])] }
        }
        partition = NodePartition(loads: degrees.map { $0 + 4 }, workerCount: pool.workerCount)
        normalized = SparseOperator(
            .init(offsets: offsets, columns: columns, values: values), symmetric: true, partition: partition)
    }

    public var nodeCount: Int { userCount + itemCount }
}

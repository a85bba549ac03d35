internal import MarqueeData
internal import MarqueeTensor

/// A sparse matrix between two kinds of nodes, as a block of the matrix over all nodes of a graph: its
/// row r is node `row + r`, its column c is node `column + c`.
struct GraphBlock {
    let matrix: InteractionMatrix
    let row, column: Int

    /// Users look at items; its rows are users'.
    static func users(_ matrix: InteractionMatrix, _ nodes: GraphNodes) -> GraphBlock {
        GraphBlock(matrix: matrix, row: 0, column: nodes.userCount)
    }

    /// Items look at users; `matrix` is users × items all the same.
    static func items(_ matrix: InteractionMatrix, _ nodes: GraphNodes) -> GraphBlock {
        GraphBlock(matrix: matrix.transposed(), row: nodes.userCount, column: 0)
    }
}

extension SparseOperator.Rows {
    /// The sum of blocks over `nodes`. In time linear in nodes and entries.
    init(_ blocks: [GraphBlock], over nodes: GraphNodes) {
        var offsets = [0]
        var columns: [Int32] = []
        var values: [Float] = []
        offsets.reserveCapacity(nodes.count + 1)
        columns.reserveCapacity(blocks.reduce(0) { $0 + $1.matrix.entryCount })
        values.reserveCapacity(columns.capacity)
        for node in 0..<nodes.count {
            for block in blocks where node >= block.row && node - block.row < block.matrix.rowCount {
                let row = Int32(node - block.row)
                columns.append(contentsOf: block.matrix[row].lazy.map { $0 + Int32(block.column) })
                values.append(contentsOf: block.matrix.values(of: row))
            }
            offsets.append(columns.count)
        }
        self.init(offsets: offsets, columns: columns, values: values)
    }
}

extension SparseOperator {
    convenience init(_ blocks: [GraphBlock], over nodes: GraphNodes, symmetric: Bool) {
        self.init(Rows(blocks, over: nodes), symmetric: symmetric, partition: nodes.partition)
    }
}

extension AttentionEdges {
    /// The edges of blocks; their values are not looked at.
    convenience init(_ blocks: [GraphBlock], over nodes: GraphNodes) {
        let rows = SparseOperator.Rows(blocks, over: nodes)
        self.init(offsets: rows.offsets, columns: rows.columns, partition: nodes.partition)
    }
}

internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// What is known of items beside who touched them, as part of what their nodes start from: x_i W, with x_i of
/// ``ItemFeatures`` and W learned, from 0. Users have none.
struct NodeFeatures: Module {
    private let features: InteractionMatrix
    private let firstItem: Int
    /// W: [features, width].
    private let weights: Parameter
    /// Those of each worker's own nodes.
    private let own: [SparseOperator]

    init(_ features: ItemFeatures, nodes: GraphNodes, width: Int) {
        self.features = features.matrix
        firstItem = nodes.userCount
        weights = Parameter(
            rows: features.names.count, columns: width, .constant(0), stream: RandomStream(key: 0))
        own = (0..<nodes.partition.workerCount).map { worker in
            Self.rows(features.matrix, firstItem: nodes.userCount, of: nodes.partition[worker].map(Int32.init))
        }
    }

    /// Of the worker's own nodes: [own nodes, width].
    func callAsFunction(_ tape: Tape) -> Tensor { tape.propagate(own[tape.worker], tape(weights)) }

    /// Of some nodes.
    func callAsFunction(of nodes: [Int32], _ tape: Tape) -> Tensor {
        tape.propagate(Self.rows(features, firstItem: firstItem, of: nodes), tape(weights))
    }

    private static func rows(_ features: InteractionMatrix, firstItem: Int, of nodes: [Int32]) -> SparseOperator {
        var (offsets, columns, values): ([Int], [Int32], [Float]) = ([0], [], [])
        for node in nodes {
            let item = node - Int32(firstItem)
            if item >= 0, item < features.rowCount {
                columns.append(contentsOf: features[item])
                values.append(contentsOf: features.values(of: item))
            }
            offsets.append(columns.count)
        }
        return SparseOperator(
            .init(offsets: offsets, columns: columns, values: values), columnCount: features.columnCount)
    }
}

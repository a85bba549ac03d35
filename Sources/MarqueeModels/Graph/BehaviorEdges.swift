internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor

/// The edges of one behavior as nodes attend along them, and the weight that a small network gives them:
///
///     w_uv = 2 σ(c · ReLU(A φ_uv + a) + d),  φ = (recency, value),
///
/// recency and value as ``BehaviorGraph/Behavior`` has them, from 0 to 1; 0 where the data has none. The network
/// sees each of at most 64 buckets of φ once a step, not every edge.
struct BehaviorEdges: Module {
    let edges: AttentionEdges
    /// The graph of the edges and, by edge, its bucket.
    let graph: Adjacency
    let kinds: [UInt8]
    /// φ of each bucket: [kinds, 2].
    let features: [Float]
    let hidden, output: Linear

    static let recencyBuckets = 16
    static let valueBuckets = 4

    init(_ behavior: BehaviorGraph.Behavior, nodes: GraphNodes, stream: inout RandomStream) {
        graph = behavior.adjacency
        kinds = graph.mirrored(Self.buckets(behavior))
        edges = AttentionEdges(
            offsets: graph.offsets, columns: graph.columns, kinds: kinds, partition: nodes.partition)
        features = (0..<Self.recencyBuckets * Self.valueBuckets).flatMap { bucket -> [Float] in
            [
                Float(bucket / Self.valueBuckets) / Float(Self.recencyBuckets - 1),
                Float(bucket % Self.valueBuckets) / Float(Self.valueBuckets - 1),
            ]
        }
        hidden = Linear(2, 8, stream: &stream)
        output = Linear(8, 1, .constant(0), stream: &stream)
    }

    /// The edges but for those at these indices of ``graph``.
    func without(_ hidden: Set<Int>) -> AttentionEdges {
        let (offsets, columns, places) = graph.edges(without: hidden)
        return AttentionEdges(
            offsets: offsets, columns: columns, kinds: places.map { kinds[$0] }, partition: edges.partition)
    }

    /// Some of the edges, drawn from ``graph``.
    func sampled(_ drawn: GraphSample.Edges, of sample: GraphSample) -> AttentionEdges {
        AttentionEdges(
            offsets: drawn.offsets, columns: drawn.columns, kinds: drawn.places.map { kinds[$0] },
            nodeCount: sample.nodes.count)
    }

    /// The weight of each kind: [1, kinds].
    func weights(_ tape: Tape) -> Tensor {
        let count = features.count / 2
        let inputs = tape.constant(features, rows: count, columns: 2)
        let gates = tape.activate(output(hidden(inputs, tape, relu: true), tape), .sigmoid)
        return tape.reshape(tape.scale(gates, by: 2), rows: 1, columns: count)
    }

    /// The bucket of every pair.
    private static func buckets(_ behavior: BehaviorGraph.Behavior) -> [UInt8] {
        (0..<behavior.adjacency.pairCount).map { pair in
            let recency = behavior.recency.isEmpty ? 0 : behavior.recency[pair]
            let value = behavior.value.isEmpty ? 0 : behavior.value[pair]
            let (r, v) = (Int(recency * Float(recencyBuckets - 1) + 0.5), Int(value * Float(valueBuckets - 1) + 0.5))
            return UInt8(r * valueBuckets + v)
        }
    }
}

public import MarqueeRuntime

/// Samples the neighbors of nodes in one or several graphs over the same nodes, as GraphSAGE does (Hamilton
/// et al. 2017, algorithm 2). Hops chain: the next one's targets are the last one's nodes.
///
///     var sampler = GraphSampler(nodeCount: graph.nodeCount)
///     let near = sampler.sample([graph.fused()], around: batch, atMost: 10, stream: stream)
///     let far = sampler.sample(behaviors, around: near.nodes, atMost: 5, stream: stream.next())
public struct GraphSampler: Sendable {
    /// By node of the graph its place in the sample that is being drawn, −1 where it has none.
    private var places: [Int32]

    public init(nodeCount: Int) {
        places = Array(repeating: -1, count: nodeCount)
    }

    /// One hop around `targets`, at most `count` neighbors of each in each graph.
    ///
    /// O(targets · graphs · count²) at worst, whatever the size of the graphs.
    /// - Precondition: targets are distinct.
    public mutating func sample(
        _ graphs: [Adjacency], around targets: [Int32], atMost count: Int, stream: RandomStream
    ) -> GraphSample {
        var nodes = targets
        for (place, target) in targets.enumerated() {
            precondition(places[Int(target)] < 0, "targets are distinct")
            places[Int(target)] = Int32(place)
        }
        let sampled = graphs.enumerated().map { index, graph in
            let own = RandomStream(key: stream[UInt64(index)])
            var (offsets, columns, edges): ([Int], [Int32], [Int]) = ([0], [], [])
            offsets.reserveCapacity(targets.count + 1)
            for target in targets {
                graph.sampleEdges(of: target, atMost: count, stream: own, into: &edges)
                for edge in edges[columns.count...] {
                    let neighbor = graph.columns[edge]
                    if places[Int(neighbor)] < 0 {
                        places[Int(neighbor)] = Int32(nodes.count)
                        nodes.append(neighbor)
                    }
                    columns.append(places[Int(neighbor)])
                }
                offsets.append(columns.count)
            }
            return GraphSample.Edges(offsets: offsets, columns: columns, places: edges)
        }
        for node in nodes { places[Int(node)] = -1 }
        return GraphSample(nodes: nodes, targetCount: targets.count, graphs: sampled)
    }
}

/// Some nodes with a sample of their neighbors, numbered anew: what one step of training has to see.
public struct GraphSample: Sendable, Equatable {
    /// The edges that were drawn from one graph.
    public struct Edges: Sendable, Equatable {
        /// Target t's are `offsets[t]..<offsets[t + 1]`.
        public let offsets: [Int]
        /// By edge the neighbor, an index into ``GraphSample/nodes``.
        public let columns: [Int32]
        /// By edge its place in ``Adjacency/columns``, where weights and features of edges are.
        public let places: [Int]

        /// Those that do not lie at some places of the graph.
        public func without(_ hidden: Set<Int>) -> Edges {
            var (kept, left, places): ([Int], [Int32], [Int]) = ([0], [], [])
            for target in 0..<offsets.count - 1 {
                for edge in offsets[target]..<offsets[target + 1] where !hidden.contains(self.places[edge]) {
                    left.append(columns[edge])
                    places.append(self.places[edge])
                }
                kept.append(left.count)
            }
            return Edges(offsets: kept, columns: left, places: places)
        }
    }

    /// The graphs' nodes that occur, distinct: the targets in their order, then neighbors as they are met.
    public let nodes: [Int32]
    /// How many of ``nodes`` are targets.
    public let targetCount: Int
    /// In the order of the graphs.
    public let graphs: [Edges]
}

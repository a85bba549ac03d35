internal import MarqueeData
internal import MarqueeRuntime
internal import MarqueeTensor
internal import Synchronization

extension MBHGNN {
    /// How steps see samples: every worker draws what surrounds its own part of the batch.
    struct Sampling: Sendable {
        let neighbors: Int
        /// One a worker.
        private let samplers: [Sampler]

        init(neighbors: Int, nodes: GraphNodes) {
            self.neighbors = neighbors
            samplers = (0..<nodes.pool.workerCount).map { _ in Sampler(nodeCount: nodes.count) }
        }

        func draw(_ graphs: [Adjacency], around targets: [Int32], _ tape: Tape) -> GraphSample {
            samplers[tape.worker].sampler.withLock {
                $0.sample(graphs, around: targets, atMost: neighbors, stream: tape.randomStream())
            }
        }

        private final class Sampler: Sendable {
            let sampler: Mutex<GraphSampler>

            init(nodeCount: Int) { sampler = Mutex(GraphSampler(nodeCount: nodeCount)) }
        }
    }

    /// Logits for which the nodes of the batch alone are embedded: samples are drawn from the last level to the
    /// first, each around the nodes of the one after it, then the network goes the other way.
    ///
    /// O(batch · neighbors^levels), and no more than all nodes' neighbors at each level.
    func sampledLogits(_ batch: PairBatch, _ sampling: Sampling, _ tape: Tape) -> Tensor {
        regularize(batch, tape)
        let hidden = tape.isTraining ? hiding?.edges(of: batch, tape) : nil
        let pairs = DistinctNodes(of: batch, userCount: nodes.userCount)
        var reached = pairs.nodes
        var graphs: [SparseOperator] = []
        for _ in hops {
            let drawn = sampling.draw([fused.graph], around: reached, tape)
            graphs.append(fused.sampled(drawn.graphs[0], of: drawn, without: hidden?.fused ?? []))
            reached = drawn.nodes
        }
        var edges: [[NeighborLayer.Edges]] = []
        for layer in layers.reversed() {
            let neighbors = layer.behaviors.map(\.neighbors)
            let drawn = sampling.draw(neighbors.map(\.graph), around: reached, tape)
            edges.append(
                zip(neighbors, drawn.graphs).enumerated().map { index, pair in
                    pair.0.sampled(pair.1, of: drawn, without: hidden?.behaviors[index] ?? [])
                })
            reached = drawn.nodes
        }
        let all = tape.share(embeddings, nodes.partition)
        var start = tape.gather(all, tape.indices(reached))
        if let features { start = tape.add(start, features(of: reached, tape)) }
        let near = embed(start, layers: edges.reversed(), hops: graphs.reversed(), tape) {
            tape.first(pairs.nodes.count, of: $0)
        }
        let final = tape.share(near, .own(near.rows))
        let (users, items) = (
            tape.gather(final, tape.indices(pairs.users)), tape.gather(final, tape.indices(pairs.items))
        )
        return head.map { $0(tape.concat(users, items), tape) } ?? tape.dot(users, items)
    }
}

/// The nodes that a batch's pairs are of, each once.
struct DistinctNodes {
    private(set) var nodes: [Int32] = []
    /// By pair, its user's and its item's index in ``nodes``.
    private(set) var users: [Int32] = []
    private(set) var items: [Int32] = []

    init(of batch: PairBatch, userCount: Int) {
        var indices: [Int32: Int32] = [:]
        users.reserveCapacity(batch.users.count)
        items.reserveCapacity(batch.items.count)
        func index(_ node: Int32) -> Int32 {
            if let index = indices[node] { return index }
            let index = Int32(nodes.count)
            indices[node] = index
            nodes.append(node)
            return index
        }
        for k in 0..<batch.users.count {
            users.append(index(batch.users[k]))
            items.append(index(batch.items[k] + Int32(userCount)))
        }
    }
}

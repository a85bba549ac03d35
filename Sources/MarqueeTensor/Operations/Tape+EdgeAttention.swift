internal import CMarqueeKernels

extension Tape {
    /// Edge attention: each node attends to its neighbors (Veličković et al., "Graph attention networks", ICLR 2018, with edge weights):
    ///
    ///     y_u = Σ_{v ∈ N(u)} α_uv w_uv z_v,  α_u = softmax_v(LeakyReLU(s_u + t_v)),
    ///
    /// w_uv being the weight of the edge's kind; s, t [own nodes, 1], z [own nodes, width], weights [1, kinds].
    /// Softmax and sum are one pass over a row's edges, and nothing is kept an edge: backwards α is computed
    /// anew from a number a node. Over a sample s and y are of the nodes that look
    /// alone. Every worker takes part. O(edges · width); a node without neighbors gets 0.
    public func edgeAttention(
        _ edges: AttentionEdges, s: Tensor, t: Tensor, z: Tensor, weights: Tensor? = nil, slope: Float = 0.2
    ) -> Tensor {
        let (partition, held) = (edges.partition, edges.columnPartition)
        let own = exchange.rows(of: partition)
        let others = exchange.rows(of: held).count
        precondition(s.count == own.count && t.count == others && z.rows == others)
        precondition(slope >= 0)
        precondition(edges.kindCount == 0 || (weights?.count ?? 0) >= edges.kindCount)
        let all = (
            t: exchange.allGather(t.value, columns: 1, held), z: exchange.send(z.value, columns: z.columns, held)
        )
        let y = result(rows: own.count, columns: z.columns)
        let peaks = arena.allocate(Float.self, own.count)
        edges.forward.withKernel {
            mq_edge_attention(
                $0, own.lowerBound, own.count, s.value, all.t, all.z.rows, all.z.bfloat16, Int32(z.columns),
                weights?.value, slope, y.value, peaks)
        }
        record(
            EdgeAttention(
                edges: edges, s: s, t: t, z: z, weights: weights, slope: slope, peaks: peaks, allT: all.t, allZ: all.z,
                output: y))
        return y
    }
}

private struct EdgeAttention: Operation {
    let edges: AttentionEdges
    let s, t, z: Tensor
    let weights: Tensor?
    let slope: Float
    /// log Σ exp of each row's scores.
    let peaks: UnsafeMutablePointer<Float>
    /// t and z of all nodes.
    let allT: UnsafePointer<Float>
    let allZ: Messages
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let partition = edges.partition, exchange = tape.exchange
        let own = exchange.rows(of: partition)
        let along = tape.arena.allocate(Float.self, own.count)
        mq_dot_rows(output.value, dy, along, own.count, Int32(z.columns))
        let all = AllNodes(
            s: exchange.allGather(s.value, columns: 1, partition),
            peaks: exchange.allGather(peaks, columns: 1, partition),
            along: exchange.allGather(along, columns: 1, partition),
            dy: exchange.send(dy, columns: z.columns, partition))
        backwardRows(own, along, dy, tape)
        backwardColumns(all, tape)
    }

    /// What a node's neighbors need to know of it, of all nodes.
    private struct AllNodes {
        let s, peaks, along: UnsafePointer<Float>
        let dy: Messages
    }

    private func backwardRows(
        _ own: Range<Int>, _ along: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ tape: Tape
    ) {
        let ds = tape.target(s) ?? discarded(own.count, tape)
        let dw = weights.flatMap { tape.clearedTarget($0) }
        edges.forward.withKernel {
            mq_edge_attention_backward_rows(
                $0, own.lowerBound, own.count, s.value, allT, allZ.rows, allZ.bfloat16, Int32(z.columns),
                weights?.value, slope, peaks, along, dy, ds.pointer, ds.flag, dw)
        }
    }

    private func backwardColumns(_ all: AllNodes, _ tape: Tape) {
        let dt = tape.target(t) ?? discarded(t.count, tape)
        let dz = tape.target(z) ?? discarded(z.count, tape)
        let seen = tape.exchange.rows(of: edges.columnPartition)
        edges.reversed.withKernel {
            mq_edge_attention_backward_columns(
                $0, seen.lowerBound, seen.count, all.s, t.value, z.value, Int32(z.columns), weights?.value, slope,
                all.peaks, all.along, all.dy.rows, all.dy.bfloat16, dt.pointer, dt.flag, dz.pointer, dz.flag)
        }
    }

    /// Memory for a gradient that nobody wants.
    private func discarded(_ count: Int, _ tape: Tape) -> Tape.Target {
        Tape.Target(pointer: tape.arena.allocate(Float.self, count), accumulates: false)
    }
}

extension AttentionEdges.Rows {
    fileprivate func withKernel(_ body: (mq_edges) -> Void) {
        offsets.withUnsafeBufferPointer { offsets in
            columns.withUnsafeBufferPointer { columns in
                kinds.withUnsafeBufferPointer { kinds in
                    body(
                        mq_edges(
                            offsets: offsets.baseAddress, columns: columns.baseAddress,
                            kinds: kinds.isEmpty ? nil : kinds.baseAddress))
                }
            }
        }
    }
}

internal import CMarqueeKernels

extension Tape {
    /// Edge attention: each node attends to its neighbors (Veličković et al., "Graph attention networks", ICLR 2018, with edge weights):
    ///
    ///     y_u = Σ_{v ∈ N(u)} α_uv w_uv z_v,  α_u = softmax_v(LeakyReLU(s_u + t_v)),
    ///
    /// w_uv being the weight of the edge's kind; s, t [own nodes, 1], z [own nodes, width], weights [1, kinds].
    /// Softmax and sum are one pass over a row's edges, and nothing is kept an edge: backwards α is computed
    /// anew from a number a node. Over a sample s and y are of the nodes that look alone. Every worker takes part. O(edges · width); a node without neighbors gets 0.
    public func edgeAttention(
        _ edges: AttentionEdges, s: Tensor, t: Tensor, z: Tensor, weights: Tensor? = nil, slope: Float = 0.2
    ) -> Tensor {
        let (partition, held) = (edges.partition, edges.columnPartition)
        let own = rows(of: partition)
        let others = rows(of: held).count
        precondition(s.count == own.count && t.count == others && z.rows == others)
        precondition(slope >= 0)
        precondition(edges.kindCount == 0 || (weights?.count ?? 0) >= edges.kindCount)
        let all = (t: publish(t.value, columns: 1, held), z: send(z.value, columns: z.columns, held))
        let y = result(rows: own.count, columns: z.columns)
        let peaks = arena.allocate(Float.self, own.count)
        edges.forward.withKernel {
            mq_edge_attention(
                $0, own.lowerBound, own.count, s.value, all.t, all.z.rows, all.z.bfloat16, Int32(z.columns),
                weights?.value,
                slope, y.value, peaks)
        }
        record(
            y, from: s, t, z, saved: peaks,
            attention: EdgeAttentionSaved(edges: edges, weights: weights, t: all.t, z: all.z, slope: slope)
        ) { node, tape in
            guard let saved = node.attention, let peaks = node.saved, let dy = tape.gradient(node.output) else {
                return
            }
            tape.edgeAttentionBackward(node, saved, peaks: peaks, dy: dy)
        }
        return y
    }

    private func edgeAttentionBackward(
        _ node: borrowing Node, _ saved: EdgeAttentionSaved, peaks: UnsafeMutablePointer<Float>,
        dy: UnsafeMutablePointer<Float>
    ) {
        let (s, t, z) = node.inputs
        let partition = saved.edges.partition
        let own = rows(of: partition)
        let width = Int32(z.columns)
        let along = arena.allocate(Float.self, own.count)
        mq_dot_rows(node.output.value, dy, along, own.count, width)
        let all = (
            s: publish(s.value, columns: 1, partition), peaks: publish(peaks, columns: 1, partition),
            along: publish(along, columns: 1, partition), dy: send(dy, columns: z.columns, partition)
        )
        let weights = saved.weights?.value
        let ds = target(s) ?? discarded(own.count)
        let dw = saved.weights.flatMap { target($0) }
        if let dw, !dw.accumulates, let count = saved.weights?.count { dw.pointer.update(repeating: 0, count: count) }
        saved.edges.forward.withKernel {
            mq_edge_attention_backward_rows(
                $0, own.lowerBound, own.count, s.value, saved.t, saved.z.rows, saved.z.bfloat16, width, weights,
                saved.slope,
                peaks, along, dy, ds.pointer, ds.flag, dw?.pointer)
        }
        let dt = target(t) ?? discarded(t.count)
        let dz = target(z) ?? discarded(z.count)
        let seen = rows(of: saved.edges.columnPartition)
        saved.edges.reversed.withKernel {
            mq_edge_attention_backward_columns(
                $0, seen.lowerBound, seen.count, all.s, t.value, z.value, width, weights, saved.slope, all.peaks,
                all.along, all.dy.rows, all.dy.bfloat16, dt.pointer, dt.flag, dz.pointer, dz.flag)
        }
    }

    /// Room for a gradient that nobody wants.
    private func discarded(_ count: Int) -> Target {
        Target(pointer: arena.allocate(Float.self, count), accumulates: false)
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

internal import CMarqueeKernels

extension Tape {
    /// A · x along the edges of a graph; x and the result are node tensors: [own columns, width] and
    /// [own rows, width].
    ///
    /// Every worker of the crew takes part. Costs edges · width over all workers, and a copy of x.
    public func propagate(_ matrix: SparseOperator, _ x: Tensor) -> Tensor {
        let own = rows(of: matrix.partition)
        precondition(x.rows == rows(of: matrix.columnPartition).count)
        let y = result(rows: own.count, columns: x.columns)
        Self.multiply(
            matrix.forward, own, publish(x.value, columns: x.columns, matrix.columnPartition), x.columns, y.value, 0)
        record(y, from: x, matrix: matrix) { node, tape in
            guard let matrix = node.matrix, let dy = tape.gradient(node.output) else { return }
            let x = node.inputs.0
            let all = tape.publish(dy, columns: x.columns, matrix.partition)
            guard let dx = tape.target(x) else { return }
            Self.multiply(matrix.backward, tape.rows(of: matrix.columnPartition), all, x.columns, dx.pointer, dx.flag)
        }
        return y
    }

    /// The worker's own rows of a matrix with a row a node: a node tensor. Its gradient is dense, as every
    /// node takes part in a step.
    public func nodes(_ parameter: Parameter, _ partition: NodePartition) -> Tensor {
        precondition(parameter.rows == partition.nodeCount)
        return shard(parameter, rows: rows(of: partition))
    }

    /// Shows all of a node tensor to all workers, so that rows of it can be gathered by id.
    public func share(_ x: Tensor, _ partition: NodePartition) -> SharedNodes {
        precondition(x.rows == rows(of: partition).count)
        return SharedNodes(own: x, all: publish(x.value, columns: x.columns, partition), partition: partition)
    }

    /// Shows the rows of a parameter, a row a node, to all workers: they read it where it lies.
    public func share(_ parameter: Parameter, _ partition: NodePartition) -> SharedNodes {
        SharedNodes(own: nodes(parameter, partition), all: UnsafePointer(parameter.value), partition: partition)
    }

    /// The ids of all parts of the batch, in the order of the workers. Every worker takes part.
    public func all(_ ids: Indices) -> [Int32] {
        post(mq_lookup(ids: ids.buffer.baseAddress, gradient: nil, stride: 0, count: Int32(ids.count))).flatMap {
            UnsafeBufferPointer(start: $0.ids, count: Int($0.count))
        }
    }

    /// The first `count` rows of x.
    public func first(_ count: Int, of x: Tensor) -> Tensor {
        precondition(count <= x.rows)
        guard count < x.rows else { return x }
        let y = view(x, rows: count)
        record(y, from: x) { node, tape in
            let x = node.inputs.0
            guard let dy = tape.gradient(node.output), let dx = tape.target(x) else { return }
            if !dx.accumulates { dx.pointer.update(repeating: 0, count: x.count) }
            for k in 0..<node.output.count { dx.pointer[k] += dy[k] }
        }
        return y
    }

    /// The rows `ids[k] + shift` of a shared node tensor: [n, width]; each worker asks for its own part of
    /// the batch, and every worker takes part.
    public func gather(_ nodes: SharedNodes, _ ids: Indices, shift: Int = 0) -> Tensor {
        let columns = nodes.own.columns
        let y = result(rows: ids.count, columns: columns)
        mq_gather(nodes.all + shift * columns, Int32(columns), ids.buffer.baseAddress, ids.count, y.value, columns)
        let own = rows(of: nodes.partition)
        record(
            y, from: nodes.own, scalar: nodes.partition.isOwn ? 1 : 0, integers: (own.lowerBound, shift), ids: ids
        ) { node, tape in
            guard let ids = node.ids, let dy = tape.gradient(node.output) else { return }
            let x = node.inputs.0
            let lookup = mq_lookup(ids: ids.buffer.baseAddress, gradient: dy, stride: x.columns, count: Int32(ids.count))
            // Nodes of a worker's own nobody else has asked for.
            let lookups = node.scalar == 1 ? [lookup] : tape.post(lookup)
            guard let dx = tape.target(x) else { return }
            if !dx.accumulates { dx.pointer.update(repeating: 0, count: x.count) }
            let first = node.integers.0
            for lookup in lookups {
                mq_scatter_rows(
                    lookup.ids, Int(lookup.count), Int32(node.integers.1), lookup.gradient, Int32(x.columns), first,
                    first + x.rows, dx.pointer)
            }
        }
        return y
    }

    /// Each row divided by its Euclidean length, or by ε where that is less: y = x / max(|x|, ε).
    public func unitRows(_ x: Tensor, epsilon: Float = 1e-12) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        let norms = arena.allocate(Float.self, x.rows)
        mq_unit_rows(x.value, y.value, norms, x.rows, Int32(x.columns), epsilon)
        record(y, from: x, saved: norms) { node, tape in
            let x = node.inputs.0
            guard let dy = tape.gradient(node.output), let norms = node.saved, let dx = tape.target(x) else { return }
            mq_unit_rows_backward(node.output.value, dy, norms, dx.pointer, x.rows, Int32(x.columns), dx.flag)
        }
        return y
    }

    private static func multiply(
        _ matrix: SparseOperator.Rows, _ rows: Range<Int>, _ x: UnsafePointer<Float>, _ width: Int,
        _ y: UnsafeMutablePointer<Float>, _ accumulate: Int32
    ) {
        mq_propagate(
            matrix.offsets, matrix.columns, matrix.values, rows.lowerBound, rows.count, x, Int32(width), y, accumulate)
    }
}

/// A node tensor that every worker can read: what ``Tape/share(_:_:)`` gives.
public struct SharedNodes {
    let own: Tensor
    let all: UnsafePointer<Float>
    let partition: NodePartition
}

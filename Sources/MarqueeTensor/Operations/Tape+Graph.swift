internal import CMarqueeKernels

extension Tape {
    /// A · x along the edges of a graph; x and the result are node tensors: [own columns, width] and
    /// [own rows, width]. Of selected nodes alone the result has the own selected rows, and costs their edges.
    ///
    /// Every worker of the crew takes part, and rows go in its form of messages. Costs edges · width over all
    /// workers, and a copy of x.
    public func propagate(_ matrix: SparseOperator, _ x: Tensor, at selection: NodeSelection? = nil) -> Tensor {
        let own = exchange.rows(of: matrix.partition)
        precondition(x.rows == exchange.rows(of: matrix.columnPartition).count)
        let y = result(rows: selection?.own.count ?? own.count, columns: x.columns)
        var product = mq_product(
            own, of: exchange.send(x.value, columns: x.columns, matrix.columnPartition), columns: x.columns,
            at: selection)
        product.y = UnsafeMutableRawPointer(y.value)
        product.multiply(matrix.forward)
        record(Propagation(matrix: matrix, x: x, selection: selection, output: y))
        return y
    }

    /// Light graph convolution: the mean of x, A · x, …, Aᴸ · x (He et al., SIGIR 2020, §3.1), at the selected nodes.
    ///
    /// As of ``propagate(_:_:at:)`` L times, whose results nobody asks for by themselves: from one layer to the next
    /// rows are written once, as messages. Costs L products, the last one's of the selected nodes' edges alone, and as
    /// much backwards. Every worker takes part.
    /// - Precondition: the matrix is square, over the nodes of x.
    public func lightConvolution(
        _ matrix: SparseOperator, _ x: Tensor, layers: Int, at selection: NodeSelection? = nil
    ) -> Tensor {
        let own = exchange.rows(of: matrix.partition), columns = x.columns
        precondition(matrix.partition == matrix.columnPartition && x.rows == own.count)
        guard layers > 0 else { return rows(selection, of: x) }
        let y = copy(selection, of: x)
        var messages = exchange.send(x.value, columns: columns, matrix.partition)
        for _ in 1..<layers {
            messages = exchange.send(columns: columns, matrix.partition) { rows, isBfloat16 in
                var product = mq_product(own, of: messages, columns: columns)
                (product.indices, product.sum) = (selection.map { UnsafePointer($0.indices) }, y.value)
                (product.y, product.y_is_bfloat16) = (rows, isBfloat16 ? 1 : 0)
                product.multiply(matrix.forward)
            }
        }
        var last = mq_product(own, of: messages, columns: columns, at: selection)
        last.sum = y.value
        last.multiply(matrix.forward)
        mq_axpy(1 / Float(layers + 1), y.value, y.value, y.count, 0)
        record(LightConvolution(matrix: matrix, x: x, layers: layers, selection: selection, output: y))
        return y
    }

    /// The worker's own rows of a matrix with a row a node: a node tensor. Its gradient is dense, as every
    /// node takes part in a step.
    public func nodes(_ parameter: Parameter, _ partition: NodePartition) -> Tensor {
        precondition(parameter.rows == partition.nodeCount)
        return shard(parameter, rows: exchange.rows(of: partition))
    }

    /// Shows all of a node tensor to all workers, so that rows of it can be gathered by id.
    public func share(_ x: Tensor, _ partition: NodePartition) -> SharedNodes {
        precondition(x.rows == exchange.rows(of: partition).count)
        return SharedNodes(
            own: x, all: exchange.allGather(x.value, columns: x.columns, partition), partition: partition)
    }

    /// Shows what selected nodes have, [own selected, width], to all workers.
    public func share(_ x: Tensor, _ selection: NodeSelection) -> SharedNodes {
        precondition(x.rows == selection.own.count)
        return SharedNodes(
            own: x, all: exchange.allGather(x.value, columns: x.columns, selection), partition: selection.partition,
            selection: selection)
    }

    /// Shows the rows of a parameter, a row a node, to all workers: they read it where it lies.
    public func share(_ parameter: Parameter, _ partition: NodePartition) -> SharedNodes {
        SharedNodes(own: nodes(parameter, partition), all: UnsafePointer(parameter.value), partition: partition)
    }

    /// The ids of all parts of the batch, in the order of the workers. Every worker takes part.
    public func all(_ ids: Indices) -> [Int32] { allGather(ids).flatMap { $0 } }

    /// The first `count` rows of x.
    public func first(_ count: Int, of x: Tensor) -> Tensor {
        precondition(count <= x.rows)
        guard count < x.rows else { return x }
        let y = view(x, rows: count)
        record(Prefix(x: x, output: y))
        return y
    }

    /// The rows `ids[k] + shift` of a shared node tensor: [n, width]; each worker asks for its own part of
    /// the batch, and every worker takes part.
    public func gather(_ nodes: SharedNodes, _ ids: Indices, shift: Int = 0) -> Tensor {
        let columns = nodes.own.columns
        let y = result(rows: ids.count, columns: columns)
        mq_gather(nodes.all + shift * columns, Int32(columns), ids.buffer.baseAddress, ids.count, y.value, columns)
        record(NodeGather(nodes: nodes, ids: ids, shift: shift, output: y))
        return y
    }

    /// Inner products of pairs of nodes, x[users[k]] · x[items[k] + shift]: [n, 1]. As of two ``gather(_:_:shift:)``,
    /// whose rows are never written out. Pairs of one user should stand together. Every worker takes part.
    public func dot(_ nodes: SharedNodes, _ users: Indices, _ items: Indices, shift: Int) -> Tensor {
        precondition(users.count == items.count && !nodes.partition.isOwn)
        let width = nodes.own.columns
        let y = result(rows: users.count, columns: 1)
        mq_pair_dots(
            nodes.all, Int32(width), users.buffer.baseAddress, items.buffer.baseAddress, Int32(shift), users.count,
            y.value)
        record(PairDots(nodes: nodes, users: users, items: items, shift: shift, output: y))
        return y
    }

    /// weight / 2 · Σ |x|² over the rows `ids[k] + shift` of a node tensor, a penalty for each time that a node occurs in
    /// the batch; what this worker's own nodes add. Every worker takes part.
    ///
    /// Taken before what else is made of x, its gradient comes last, and what comes first need not be added to zeros.
    @discardableResult
    public func squaredNorm(
        _ x: Tensor, _ partition: NodePartition, of asked: [(ids: Indices, shift: Int)], weight: Float
    ) -> Double {
        let own = exchange.rows(of: partition)
        precondition(x.rows == own.count)
        let counts = arena.allocate(Float.self, own.count)
        counts.update(repeating: 0, count: own.count)
        for (ids, shift) in asked {
            for part in allGather(ids) {
                for id in part where own.contains(Int(id) + shift) { counts[Int(id) + shift - own.lowerBound] += 1 }
            }
        }
        var sum = 0.0
        for row in 0..<own.count where counts[row] > 0 {
            sum += 0.5 * Double(weight * counts[row]) * mq_sum_of_squares(x.value + row * x.columns, x.columns)
        }
        let penalty = result(rows: 1, columns: 1)
        record(NodePenalty(x: x, counts: counts, weight: weight, output: penalty))
        // Nothing else asks for a loss's gradient.
        _ = target(penalty)
        return sum
    }

    /// Each row divided by its Euclidean length, or by ε where that is less: y = x / max(|x|, ε).
    public func unitRows(_ x: Tensor, epsilon: Float = 1e-12) -> Tensor {
        let y = result(rows: x.rows, columns: x.columns)
        let norms = arena.allocate(Float.self, x.rows)
        mq_unit_rows(x.value, y.value, norms, x.rows, Int32(x.columns), epsilon)
        record(UnitRows(x: x, norms: norms, output: y))
        return y
    }
}

/// A node tensor that every worker can read: what ``Tape/share(_:_:)`` gives.
public struct SharedNodes {
    /// The worker's own rows, or of them the selected ones.
    let own: Tensor
    let all: UnsafePointer<Float>
    let partition: NodePartition
    var selection: NodeSelection?

    /// This worker's nodes.
    fileprivate func rows(_ tape: Tape) -> Range<Int> { tape.exchange.rows(of: partition) }
}

extension Indices {
    func lookup(gradient: UnsafePointer<Float>? = nil, stride: Int = 0) -> mq_lookup {
        mq_lookup(ids: buffer.baseAddress, gradient: gradient, stride: stride, count: Int32(count))
    }
}

extension mq_product {
    /// A product of `own` rows of a matrix, or of the selected ones among them, with the messages of all nodes; where it
    /// goes is to be said.
    fileprivate init(_ own: Range<Int>, of messages: Messages, columns: Int, at selection: NodeSelection? = nil) {
        self.init()
        (rows, first) = (UnsafePointer(selection?.own.buffer.baseAddress), own.lowerBound)
        count = selection?.own.count ?? own.count
        (x, x_is_bfloat16, width) = (messages.rows, messages.bfloat16, Int32(columns))
    }

    fileprivate func multiply(_ matrix: SparseOperator.Rows) {
        withUnsafePointer(to: self) { mq_propagate(matrix.offsets, matrix.columns, matrix.values, $0) }
    }
}

private struct Propagation: Operation {
    let matrix: SparseOperator
    let x: Tensor
    let selection: NodeSelection?
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let all =
            selection.map { tape.exchange.send(dy, columns: x.columns, $0) }
            ?? tape.exchange.send(dy, columns: x.columns, matrix.partition)
        guard let dx = tape.target(x) else { return }
        var product = mq_product(tape.exchange.rows(of: matrix.columnPartition), of: all, columns: x.columns)
        product.flags = selection.map { UnsafePointer($0.flags) }
        product.y = UnsafeMutableRawPointer(dx.pointer)
        product.accumulate = dx.flag
        product.multiply(matrix.backward)
    }
}

private struct LightConvolution: Operation {
    let matrix: SparseOperator
    let x: Tensor
    let layers: Int
    let selection: NodeSelection?
    let output: Tensor

    /// dx = (1 + Aᵀ(1 + Aᵀ(1 + …))) dy / (L + 1), from the innermost out.
    func backward(_ gradient: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let columns = x.columns, exchange = tape.exchange
        let dy = tape.arena.allocate(Float.self, output.count)
        mq_axpy(1 / Float(layers + 1), gradient, dy, output.count, 0)
        let own = exchange.rows(of: matrix.partition), indices = selection.map { UnsafePointer($0.indices) }
        var messages =
            selection.map { exchange.send(dy, columns: columns, $0) }
            ?? exchange.send(dy, columns: columns, matrix.partition)
        var flags = selection.map { UnsafePointer($0.flags) }
        func plusOwn() -> mq_product {
            var product = mq_product(own, of: messages, columns: columns)
            (product.flags, product.indices, product.plus) = (flags, indices, UnsafePointer(dy))
            return product
        }
        for _ in 1..<layers {
            messages = exchange.send(columns: columns, matrix.partition) { rows, isBfloat16 in
                var product = plusOwn()
                (product.y, product.y_is_bfloat16) = (rows, isBfloat16 ? 1 : 0)
                product.multiply(matrix.backward)
            }
            flags = nil
        }
        guard let dx = tape.target(x) else { return }
        var last = plusOwn()
        (last.y, last.accumulate) = (UnsafeMutableRawPointer(dx.pointer), dx.flag)
        last.multiply(matrix.backward)
    }
}

/// The first rows of x, where they lie.
private struct Prefix: Operation {
    let x, output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.clearedTarget(x) else { return }
        for k in 0..<output.count { dx[k] += dy[k] }
    }
}

private struct NodeGather: Operation {
    let nodes: SharedNodes
    let ids: Indices
    let shift: Int
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let lookup = ids.lookup(gradient: dy, stride: output.columns)
        // Nodes of a worker's own nobody else has asked for.
        guard !nodes.partition.isOwn else {
            if let dx = tape.clearedTarget(nodes.own) { scatter(lookup, to: dx, tape) }
            return
        }
        let lookups = tape.exchange.allGather(lookup)
        guard let dx = tape.clearedTarget(nodes.own) else { return }
        for lookup in lookups { scatter(lookup, to: dx, tape) }
    }

    private func scatter(_ lookup: mq_lookup, to dx: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let own = nodes.rows(tape)
        mq_scatter_rows(
            lookup.ids, Int(lookup.count), Int32(shift), lookup.gradient, Int32(output.columns), own.lowerBound,
            own.upperBound, nodes.selection?.indices, dx)
    }
}

private struct PairDots: Operation {
    let nodes: SharedNodes
    let users, items: Indices
    let shift: Int
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        let heads = tape.exchange.allGather(users.lookup(gradient: dy, stride: 1))
        let tails = tape.exchange.allGather(items.lookup())
        guard let dx = tape.clearedTarget(nodes.own) else { return }
        let own = nodes.rows(tape)
        for (head, tail) in zip(heads, tails) {
            mq_pair_dots_backward(
                nodes.all, Int32(nodes.own.columns), head.ids, tail.ids, Int32(shift), head.gradient, Int(head.count),
                own.lowerBound, own.upperBound, nodes.selection?.indices, dx)
        }
    }
}

/// A penalty, of which nobody asks the gradient.
private struct NodePenalty: Operation {
    let x: Tensor
    /// How often each row counts.
    let counts: UnsafeMutablePointer<Float>
    let weight: Float
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.clearedTarget(x) else { return }
        for row in 0..<x.rows where counts[row] > 0 {
            let (from, to) = (x.value + row * x.columns, dx + row * x.columns)
            mq_axpy(weight * counts[row] / Float(tape.batchCount), from, to, x.columns, 1)
        }
    }
}

private struct UnitRows: Operation {
    let x: Tensor
    let norms: UnsafeMutablePointer<Float>
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.target(x) else { return }
        mq_unit_rows_backward(output.value, dy, norms, dx.pointer, x.rows, Int32(x.columns), dx.flag)
    }
}

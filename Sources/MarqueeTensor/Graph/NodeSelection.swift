internal import CMarqueeKernels

/// Some of the nodes of a graph for the length of a step, such as those that its batch asks for. Every worker knows
/// which they are; a selected node tensor has the rows of the worker's own ones, one after the other.
///
/// What only the batch looks at need not be computed for all: the last layer of a graph network, say.
public struct NodeSelection {
    public let partition: NodePartition
    /// By node, 1 where it is selected.
    let flags: UnsafeMutablePointer<UInt8>
    /// The worker's own selected nodes, ascending.
    let own: Indices
    /// By the worker's own nodes, the index of each among the selected ones; -1 where it is not selected.
    let indices: UnsafeMutablePointer<Int32>
}

extension Tape {
    /// The nodes `ids[k] + shift` of all workers' parts of a batch. Every worker takes part.
    public func select(_ asked: [(ids: Indices, shift: Int)], of partition: NodePartition) -> NodeSelection {
        let flags = arena.allocate(UInt8.self, partition.nodeCount)
        flags.update(repeating: 0, count: partition.nodeCount)
        for (ids, shift) in asked {
            for part in allGather(ids) {
                for id in part { flags[Int(id) + shift] = 1 }
            }
        }
        let rows = exchange.rows(of: partition)
        let indices = arena.allocate(Int32.self, rows.count)
        let own = arena.allocate(Int32.self, rows.count)
        var count = 0
        for row in rows {
            indices[row - rows.lowerBound] = flags[row] == 1 ? Int32(count) : -1
            guard flags[row] == 1 else { continue }
            own[count] = Int32(row)
            count += 1
        }
        return NodeSelection(
            partition: partition, flags: flags,
            own: Indices(buffer: UnsafeMutableBufferPointer(start: own, count: count)),
            indices: indices)
    }

    /// The selected rows of a node tensor; all of them where nothing is selected.
    public func rows(_ selection: NodeSelection?, of x: Tensor) -> Tensor {
        guard let selection else { return x }
        let first = exchange.rows(of: selection.partition).lowerBound
        let y = copy(selection, of: x)
        record(NodeRows(x: x, first: first, ids: selection.own, output: y))
        return y
    }

    /// The selected rows, or all, as a result of their own; how its gradient flows is to be recorded.
    func copy(_ selection: NodeSelection?, of x: Tensor) -> Tensor {
        let y = result(rows: selection?.own.count ?? x.rows, columns: x.columns)
        guard let selection else {
            y.value.update(from: x.value, count: x.count)
            return y
        }
        let first = exchange.rows(of: selection.partition).lowerBound
        for k in 0..<y.rows {
            (y.value + k * x.columns).update(
                from: x.value + (Int(selection.own[k]) - first) * x.columns, count: x.columns)
        }
        return y
    }

    /// The ids of every worker's part of a batch, in order of worker. Every worker takes part.
    func allGather(_ ids: Indices) -> some Sequence<UnsafeBufferPointer<Int32>> {
        exchange.allGather(ids.lookup()).lazy.map { UnsafeBufferPointer(start: $0.ids, count: Int($0.count)) }
    }
}

private struct NodeRows: Operation {
    let x: Tensor
    /// The first of the worker's own nodes.
    let first: Int
    let ids: Indices
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        guard let dx = tape.clearedTarget(x) else { return }
        for k in 0..<ids.count {
            let (from, to) = (dy + k * x.columns, dx + (Int(ids[k]) - first) * x.columns)
            for c in 0..<x.columns { to[c] += from[c] }
        }
    }
}

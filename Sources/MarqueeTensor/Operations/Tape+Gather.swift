internal import CMarqueeKernels

extension Tape {
    /// The rows of a table named by its ids: [n, width].
    public func gather(_ lookup: Lookup) -> Tensor { concat(lookup) }

    /// Gathered rows side by side, [n, Σ widths], without an intermediate copy.
    /// - Precondition: all lookups have equally many ids, each within its table.
    public func concat(_ lookups: Lookup...) -> Tensor {
        let rows = lookups.first?.ids.count ?? 0
        let columns = lookups.reduce(0) { $0 + $1.table.width }
        let y = result(rows: rows, columns: columns)
        var offset = 0
        for lookup in lookups {
            precondition(lookup.ids.count == rows)
            mq_gather(
                lookup.table.value, Int32(lookup.table.width), lookup.ids.buffer.baseAddress, rows, y.value + offset,
                columns)
            record(y, integers: (offset, 0), lookup: lookup) { node, tape in
                guard let dy = tape.gradient(node.output), let lookup = node.lookup else { return }
                tape.leave(lookup, gradient: dy + node.integers.0, stride: node.output.columns)
            }
            offset += lookup.table.width
        }
        return y
    }
}

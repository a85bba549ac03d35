internal import CMarqueeKernels

extension Tape {
    /// The rows of a table named by its ids: [n, width].
    public func gather(_ lookup: Lookup) -> Tensor { concat(lookup) }

    /// Gathered rows side by side, [n, Σ widths], without an intermediate copy; rows of zeros for a lookup's padding.
    /// - Precondition: all lookups have equally many ids, each within its table.
    public func concat(_ lookups: Lookup...) -> Tensor {
        let rows = lookups.first?.ids.count ?? 0
        let columns = lookups.reduce(0) { $0 + $1.table.width }
        let y = result(rows: rows, columns: columns)
        var offset = 0
        for lookup in lookups {
            precondition(lookup.ids.count == rows)
            let width = Int32(lookup.table.width)
            mq_gather(lookup.table.value, width, lookup.ids.buffer.baseAddress, rows, y.value + offset, columns)
            if let padding = lookup.padding {
                mq_clear_rows(lookup.ids.buffer.baseAddress, padding, rows, y.value + offset, columns, width)
            }
            record(Gather(lookup: lookup, offset: offset, output: y))
            offset += lookup.table.width
        }
        return y
    }
}

/// One lookup of several side by side.
private struct Gather: Operation {
    let lookup: Lookup
    /// The first of its columns.
    let offset: Int
    let output: Tensor

    func backward(_ dy: UnsafeMutablePointer<Float>, _ tape: Tape) {
        var ids = lookup.ids
        if let padding = lookup.padding {
            // The rows that are none move together, in place: nobody reads this gradient after.
            ids = tape.indices(lookup.ids.count)
            let kept = mq_compact_rows(
                lookup.ids.buffer.baseAddress, padding, lookup.ids.count, dy + offset, output.columns,
                Int32(lookup.table.width), ids.buffer.baseAddress)
            ids = ids[0..<Int(kept)]
        }
        tape.addRowGradients(lookup.table, ids, dy + offset, stride: output.columns)
    }
}

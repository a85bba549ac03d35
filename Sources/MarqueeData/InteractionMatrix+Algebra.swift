internal import CMarqueeKernels
package import MarqueeRuntime

// Sparse algebra: what models compute with rows of users, items and behaviors. Costs are linear in the entries
// unless they say otherwise.

/// Entries and sums.
extension InteractionMatrix {
    /// The values of a row, beside its columns.
    package func values(of row: Int32) -> ArraySlice<Float> { values[offsets[Int(row)]..<offsets[Int(row) + 1]] }

    /// The value of an entry, 0 when there is none. O(log of the row's length).
    package func value(_ row: Int32, _ column: Int32) -> Float {
        var lower = offsets[Int(row)]
        var upper = offsets[Int(row) + 1]
        while lower < upper {
            let middle = (lower + upper) / 2
            if columns[middle] < column { lower = middle + 1 } else { upper = middle }
        }
        return lower < offsets[Int(row) + 1] && columns[lower] == column ? values[lower] : 0
    }

    /// Whether every value is 1.
    package var isBinary: Bool { values.allSatisfy { $0 == 1 } }

    /// Sums of values by row.
    package func rowSums() -> [Float] {
        (0..<Int32(rowCount)).map { values(of: $0).reduce(0, +) }
    }

    /// Sums of values by column; the counts of a binary matrix, exact up to 2²⁴.
    package func columnSums() -> [Float] {
        var sums = [Float](repeating: 0, count: columnCount)
        for (column, value) in zip(columns, values) { sums[Int(column)] += value }
        return sums
    }
}

/// Matrices made of others.
extension InteractionMatrix {
    /// A matrix without an entry.
    package init(rowCount: Int, columnCount: Int) {
        self.init(
            rowCount: rowCount, columnCount: columnCount, offsets: Array(repeating: 0, count: rowCount + 1),
            columns: [], values: [])
    }

    /// The held-out pairs as users × items, binary.
    package init(_ holdout: Holdout, rowCount: Int, columnCount: Int) {
        var offsets = [Int](repeating: 0, count: rowCount + 1)
        for (k, user) in holdout.users.enumerated() { offsets[Int(user) + 1] = holdout[k].count }
        for row in 0..<rowCount { offsets[row + 1] += offsets[row] }
        self.init(
            rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: holdout.items,
            values: [Float](repeating: 1, count: holdout.items.count))
    }

    /// The same entries with other values.
    package func mapValues(_ transform: (_ row: Int32, _ column: Int32, _ value: Float) -> Float) -> InteractionMatrix {
        var mapped: [Float] = []
        mapped.reserveCapacity(entryCount)
        for row in 0..<rowCount {
            for entry in offsets[row]..<offsets[row + 1] {
                mapped.append(transform(Int32(row), columns[entry], values[entry]))
            }
        }
        return InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: columns, values: mapped)
    }

    /// This matrix plus `weight` times another of the same shape.
    package func adding(_ other: InteractionMatrix, weight: Float) -> InteractionMatrix {
        merged(with: other) { ($0 ?? 0) + ($1.map { weight * $0 } ?? 0) }
    }

    /// Every entry of either of two matrices of the same shape; where both have one, this matrix's value.
    package func joined(_ other: InteractionMatrix) -> InteractionMatrix {
        merged(with: other) { $0 ?? $1 ?? 0 }
    }

    private func merged(with other: InteractionMatrix, _ value: (Float?, Float?) -> Float) -> InteractionMatrix {
        precondition(rowCount == other.rowCount && columnCount == other.columnCount)
        var offsets = [0]
        var columns: [Int32] = []
        var values: [Float] = []
        offsets.reserveCapacity(rowCount + 1)
        columns.reserveCapacity(entryCount + other.entryCount)
        values.reserveCapacity(entryCount + other.entryCount)
        for row in 0..<rowCount {
            var (left, right) = (self.offsets[row], other.offsets[row])
            let (leftEnd, rightEnd) = (self.offsets[row + 1], other.offsets[row + 1])
            while left < leftEnd || right < rightEnd {
                let a = left < leftEnd ? self.columns[left] : .max
                let b = right < rightEnd ? other.columns[right] : .max
                columns.append(min(a, b))
                values.append(value(a <= b ? self.values[left] : nil, b <= a ? other.values[right] : nil))
                if a <= b { left += 1 }
                if b <= a { right += 1 }
            }
            offsets.append(columns.count)
        }
        return InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: columns, values: values)
    }

    /// The rows of each below those of the one before.
    /// - Precondition: at least one matrix, all of as many columns.
    package static func stacked(_ matrices: [InteractionMatrix]) -> InteractionMatrix {
        var offsets = [0]
        for matrix in matrices {
            let base = offsets[offsets.count - 1]
            offsets += matrix.offsets.dropFirst().map { $0 + base }
        }
        return InteractionMatrix(
            rowCount: matrices.reduce(0) { $0 + $1.rowCount }, columnCount: matrices[0].columnCount, offsets: offsets,
            columns: matrices.flatMap(\.columns), values: matrices.flatMap(\.values))
    }

    /// Of each row, in order, the entries that are chosen, with value 1.
    package func choosing(_ choose: (_ row: Int32, _ entries: ArraySlice<Int32>) -> [Int32]) -> InteractionMatrix {
        var (offsets, chosen) = ([0], [Int32]())
        for row in 0..<Int32(rowCount) {
            chosen += choose(row, self[row]).sorted()
            offsets.append(chosen.count)
        }
        return InteractionMatrix(
            rowCount: rowCount, columnCount: columnCount, offsets: offsets, columns: chosen,
            values: Array(repeating: 1, count: chosen.count))
    }

    /// The `count` greatest entries of each column; of equal ones those of the lower rows. A column of more
    /// entries is sorted.
    package func keepingLargest(_ count: Int) -> InteractionMatrix {
        let columns = transposed()
        var offsets = [0]
        var rows: [Int32] = []
        var values: [Float] = []
        for column in 0..<columns.rowCount {
            let range = columns.offsets[column]..<columns.offsets[column + 1]
            let kept =
                range.count <= count
                ? Array(range)
                : range.sorted { (columns.values[$0], $1) > (columns.values[$1], $0) }.prefix(count).sorted()
            rows.append(contentsOf: kept.map { columns.columns[$0] })
            values.append(contentsOf: kept.map { columns.values[$0] })
            offsets.append(rows.count)
        }
        return InteractionMatrix(
            rowCount: columnCount, columnCount: rowCount, offsets: offsets, columns: rows, values: values
        ).transposed()
    }

    /// D_r^-½ A D_c^-½, with D_r and D_c the sums of rows and columns, each plus `extra`.
    package func normalized(extra: Float = 0) -> InteractionMatrix {
        let (rows, columns) = (rowSums(), columnSums())
        return mapValues { row, column, value in
            value / ((rows[Int(row)] + extra) * (columns[Int(column)] + extra)).squareRoot()
        }
    }
}

/// Products with dense vectors and matrices.
extension InteractionMatrix {
    /// Adds `weights[k]` (1 when nil) times row `rows[k]`, for every k, to the dense `sums`.
    package func add(_ rows: ArraySlice<Int32>, weights: ArraySlice<Float>? = nil, to sums: inout [Float]) {
        precondition(sums.count == columnCount)
        rows.withUnsafeBufferPointer { rows in
            if let weights {
                weights.withUnsafeBufferPointer {
                    mq_add_rows(offsets, columns, values, rows.baseAddress, $0.baseAddress, rows.count, &sums)
                }
            } else {
                mq_add_rows(offsets, columns, values, rows.baseAddress, nil, rows.count, &sums)
            }
        }
    }

    /// Fills the dense [columns, other's columns] `product` with `self`ᵀ `other` for two matrices over the same rows;
    /// sums of counts up to 2²⁴ are exact. `product` must be zero. O(Σ over rows of the product of both lengths).
    package func fillTransposedProduct(with other: InteractionMatrix, _ product: inout [Float], pool: WorkerPool) {
        let byItem = transposed()
        let values = isBinary && other.isBinary ? nil : other.values
        product.withUnsafeMutableBufferPointer { product in
            guard let base = product.baseAddress else { return }
            let place = SharedPointer(base)  // Each item writes its own row.
            _ = pool.map(columnCount) { item in
                let users = byItem[Int32(item)]
                users.withUnsafeBufferPointer { users in
                    byItem.values(of: Int32(item)).withUnsafeBufferPointer { weights in
                        let row = place.pointer + item * other.columnCount
                        if let values {
                            mq_add_rows(
                                other.offsets, other.columns, values, users.baseAddress, weights.baseAddress,
                                users.count, row)
                        } else {
                            mq_add_rows(other.offsets, other.columns, nil, users.baseAddress, nil, users.count, row)
                        }
                    }
                }
            }
        }
    }
}

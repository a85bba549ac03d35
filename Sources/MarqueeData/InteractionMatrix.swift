/// Users × items in compressed rows: each row's items ascending and distinct.
public struct InteractionMatrix: Sendable, Equatable {
    public let rowCount: Int
    public let columnCount: Int
    /// Row r holds entries `offsets[r]..<offsets[r + 1]`.
    public let offsets: [Int]
    public let columns: [Int32]
    /// By entry; the sum of the values of the interactions that fell together.
    public let values: [Float]

    /// - Precondition: `offsets` has `rowCount + 1` ascending entries, from 0 to `columns.count`, and
    ///   each row's columns ascend.
    public init(rowCount: Int, columnCount: Int, offsets: [Int], columns: [Int32], values: [Float]) {
        precondition(offsets.count == rowCount + 1 && offsets.last == columns.count && values.count == columns.count)
        self.rowCount = rowCount
        self.columnCount = columnCount
        self.offsets = offsets
        self.columns = columns
        self.values = values
    }

    /// The matrix of a log: one entry a (user, item) pair. `binary` gives every entry the value 1,
    /// else values of equal pairs are added. O(rows + interactions), two counting passes; beside the
    /// result it needs 4 bytes an interaction, 8 with values.
    public init(_ log: InteractionLog, binary: Bool = true) {
        let weighted = !binary && !log.values.isEmpty
        var starts = [Int](repeating: 0, count: log.userCount + 1)
        for user in log.users { starts[Int(user) + 1] += 1 }
        for user in 0..<log.userCount { starts[user + 1] += starts[user] }
        // Item by item, so that every row comes out sorted and equal pairs meet. Users (and values) are
        // brought into that order first: reading them where they lie would cost a cache miss each.
        let places = Self.places(of: log.items, itemCount: log.itemCount)
        let users = Self.scattered(log.users, by: log.items, to: places)
        let weights = weighted ? Self.scattered(log.values, by: log.items, to: places) : []
        var columns = [Int32](repeating: 0, count: log.count)
        var values = [Float](repeating: 1, count: log.count)
        var ends = starts
        var last = [Int32](repeating: -1, count: log.userCount)
        for item in 0..<log.itemCount {
            for k in places[item]..<places[item + 1] {
                let user = Int(users[k])
                let end = ends[user]
                if last[user] == Int32(item) {
                    if !binary { values[end - 1] += weighted ? weights[k] : 1 }
                } else {
                    columns[end] = Int32(item)
                    if weighted { values[end] = weights[k] }
                    ends[user] = end + 1
                    last[user] = Int32(item)
                }
            }
        }
        // Where pairs met, rows have room at their ends: close up.
        var offsets = [0]
        offsets.reserveCapacity(log.userCount + 1)
        for user in 0..<log.userCount {
            let next = offsets[user]
            if next != starts[user] {
                for entry in starts[user]..<ends[user] {
                    columns[next + entry - starts[user]] = columns[entry]
                    values[next + entry - starts[user]] = values[entry]
                }
            }
            offsets.append(next + ends[user] - starts[user])
        }
        columns.removeLast(columns.count - offsets[log.userCount])
        values.removeLast(values.count - offsets[log.userCount])
        self.init(
            rowCount: log.userCount, columnCount: log.itemCount, offsets: offsets, columns: columns, values: values)
    }

    public var entryCount: Int { columns.count }

    /// The columns of a row, ascending.
    @inlinable public subscript(row: Int32) -> ArraySlice<Int32> {
        columns[offsets[Int(row)]..<offsets[Int(row) + 1]]
    }

    /// Whether (row, column) is an entry. O(log of the row's length).
    @inlinable public func contains(_ row: Int32, _ column: Int32) -> Bool {
        var lower = offsets[Int(row)]
        var upper = offsets[Int(row) + 1]
        while lower < upper {
            let middle = (lower + upper) / 2
            if columns[middle] < column { lower = middle + 1 } else { upper = middle }
        }
        return lower < offsets[Int(row) + 1] && columns[lower] == column
    }

    /// Items × users, in linear time.
    public func transposed() -> InteractionMatrix {
        var offsets = [Int](repeating: 0, count: columnCount + 1)
        for column in columns { offsets[Int(column) + 1] += 1 }
        for column in 0..<columnCount { offsets[column + 1] += offsets[column] }
        var cursor = offsets
        var rows = [Int32](repeating: 0, count: columns.count)
        var transposedValues = [Float](repeating: 0, count: columns.count)
        for row in 0..<rowCount {
            for entry in self.offsets[row]..<self.offsets[row + 1] {
                let place = cursor[Int(columns[entry])]
                cursor[Int(columns[entry])] += 1
                rows[place] = Int32(row)
                transposedValues[place] = values[entry]
            }
        }
        return InteractionMatrix(
            rowCount: columnCount, columnCount: rowCount, offsets: offsets, columns: rows, values: transposedValues)
    }

    /// How many entries each column has.
    public func columnCounts() -> [Int] {
        var counts = [Int](repeating: 0, count: columnCount)
        for column in columns { counts[Int(column)] += 1 }
        return counts
    }

    /// Where each item's interactions begin when they are ordered by item; one more closes the list.
    private static func places(of items: [Int32], itemCount: Int) -> [Int] {
        var places = [Int](repeating: 0, count: itemCount + 1)
        for item in items { places[Int(item) + 1] += 1 }
        for item in 0..<itemCount { places[item + 1] += places[item] }
        return places
    }

    /// A column of the log ordered by item, equal items in their order.
    private static func scattered<Value: Numeric>(_ column: [Value], by items: [Int32], to places: [Int]) -> [Value] {
        var cursor = places
        var result = [Value](repeating: 0, count: column.count)
        for (row, item) in items.enumerated() {
            result[cursor[Int(item)]] = column[row]
            cursor[Int(item)] += 1
        }
        return result
    }
}

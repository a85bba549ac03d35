/// A sparse matrix in compressed rows with its columns as rows, in linear time; what is known of entries
/// moves along, or nothing is known of any.
func transposed<Value>(
    offsets: [Int], columns: [Int32], values: [Value], columnCount: Int
) -> (offsets: [Int], columns: [Int32], values: [Value]) {
    var starts = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { starts[Int(column) + 1] += 1 }
    for row in 1..<starts.count { starts[row] += starts[row - 1] }
    var cursor = starts
    var rows = [Int32](repeating: 0, count: columns.count)
    var moved = values
    for row in 0..<offsets.count - 1 {
        for entry in offsets[row]..<offsets[row + 1] {
            let index = cursor[Int(columns[entry])]
            cursor[Int(columns[entry])] += 1
            rows[index] = Int32(row)
            if !values.isEmpty { moved[index] = values[entry] }
        }
    }
    return (starts, rows, moved)
}

/// The rows of a log under each user (or item), in their order: 4 bytes a row, by counting sort.
struct RowIndex: Sendable {
    let offsets: [Int]
    let rows: [Int32]

    init(_ keys: [Int32], keyCount: Int) {
        var offsets = [Int](repeating: 0, count: keyCount + 1)
        for key in keys { offsets[Int(key) + 1] += 1 }
        for key in 0..<keyCount { offsets[key + 1] += offsets[key] }
        var cursor = offsets
        var rows = [Int32](repeating: 0, count: keys.count)
        for row in keys.indices {
            let key = Int(keys[row])
            rows[cursor[key]] = Int32(row)
            cursor[key] += 1
        }
        self.offsets = offsets
        self.rows = rows
    }

    subscript(key: Int) -> ArraySlice<Int32> { rows[offsets[key]..<offsets[key + 1]] }
}

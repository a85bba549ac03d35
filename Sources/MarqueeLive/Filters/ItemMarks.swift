/// A number for each of some items, emptied in O(1): a decision's dense scratch.
struct ItemMarks {
    private var stamps: [UInt32] = []
    private var values: [Int32] = []
    private var stamp: UInt32 = 0

    /// Forgets all marks, and makes room for `count` items.
    mutating func reset(_ count: Int) {
        if stamps.count < count {
            stamps.append(contentsOf: repeatElement(0, count: count - stamps.count))
            values.append(contentsOf: repeatElement(0, count: count - values.count))
        }
        if stamp == .max {
            for index in stamps.indices { stamps[index] = 0 }
            stamp = 0
        }
        stamp += 1
    }

    /// The item's number, nil when it has none.
    subscript(item: Int32) -> Int32? {
        get { stamps[Int(item)] == stamp ? values[Int(item)] : nil }
        set {
            stamps[Int(item)] = newValue == nil ? 0 : stamp
            values[Int(item)] = newValue ?? 0
        }
    }

    @inline(__always) func contains(_ item: Int32) -> Bool { stamps[Int(item)] == stamp }
    @inline(__always) mutating func insert(_ item: Int32) { stamps[Int(item)] = stamp }
}

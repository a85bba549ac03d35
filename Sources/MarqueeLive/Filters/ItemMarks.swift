/// A number for each of some items, emptied in O(marked): a decision's dense scratch.
///
/// Whether an item is marked is a bit, so that the many questions of a decision stay in the nearest cache.
struct ItemMarks {
    private var words: [UInt64] = []
    /// Words with a bit set.
    private var touched: [Int32] = []
    private var values: [Int32] = []

    /// Forgets all marks, and makes room for `count` items.
    mutating func reset(_ count: Int) {
        for word in touched { words[Int(word)] = 0 }
        touched.removeAll(keepingCapacity: true)
        if values.count < count {
            values.append(contentsOf: repeatElement(0, count: count - values.count))
            words.append(contentsOf: repeatElement(0, count: (count + 63) / 64 - words.count))
        }
    }

    /// The item's number, nil when it has none.
    subscript(item: Int32) -> Int32? {
        get { contains(item) ? values[Int(item)] : nil }
        set {
            guard let newValue else { return words[Int(item >> 6)] &= ~(1 << UInt64(item & 63)) }
            insert(item)
            values[Int(item)] = newValue
        }
    }

    /// Marks items, each with its place among them; those from `end` on are left out. At once, without asking for
    /// each whether the memory is one's own.
    mutating func number(_ items: [Int32], below end: Int) {
        for item in items where item < end { insert(item) }
        var values = values.mutableSpan
        for place in items.indices where items[place] < end { values[Int(items[place])] = Int32(place) }
    }

    @inline(__always) func contains(_ item: Int32) -> Bool { words[Int(item >> 6)] & 1 << UInt64(item & 63) != 0 }

    @inline(__always) mutating func insert(_ item: Int32) {
        let word = Int(item >> 6)
        if words[word] == 0 { touched.append(Int32(word)) }
        words[word] |= 1 << UInt64(item & 63)
    }
}

/// A number for each of some items, emptied in O(marked): a decision's dense scratch.
///
/// Whether an item is marked is a bit, so that the many questions of a decision stay in the nearest cache.
public struct ItemMarks: Sendable {
    private var words: [UInt64] = []
    /// Words with a bit set.
    private var touched: [Int32] = []
    private var values: [Int32] = []

    /// Forgets all marks, and makes room for `count` items.
    mutating func reset(_ count: Int) {
        for word in touched { words[Int(word)] = 0 }
        touched.removeAll(keepingCapacity: true)
        makeRoom(for: count)
    }

    private mutating func makeRoom(for count: Int) {
        guard values.count < count else { return }
        values.append(contentsOf: repeatElement(0, count: count - values.count))
        words.append(contentsOf: repeatElement(0, count: (count + 63) / 64 - words.count))
    }

    /// The item's number, nil when it has none.
    subscript(item: Int32) -> Int32? {
        get { contains(item) ? values[Int(item)] : nil }
        set {
            guard let newValue else {
                words[Int(item >> 6)] &= ~(1 << UInt64(item & 63))
                return
            }
            insert(item)
            values[Int(item)] = newValue
        }
    }

    /// Marks items at once, without asking for each whether the memory is one's own; those that are negative or from
    /// `end` on are left out.
    mutating func insert(contentsOf items: some Sequence<Int32>, below end: Int32) {
        var fresh: [Int32] = []
        fresh.reserveCapacity(items.underestimatedCount)
        var words = words.mutableSpan
        for item in items where item >= 0 && item < end {
            let word = Int(item >> 6)
            if words[word] == 0 { fresh.append(Int32(word)) }
            words[word] |= 1 << UInt64(item & 63)
        }
        touched += fresh
    }

    /// Calls `body` with every item that is in both lists, as its index in one and in the other; items from `end` on are
    /// left out. Marks stay as they are, their numbers do not.
    ///
    /// Nothing has to be emptied for it, as an item's number holds only where the item at that index is the one
    /// asked for. O(items + others). Source: Briggs and Torczon, "An efficient representation for sparse sets" (1993),
    /// section 2.
    mutating func match(
        _ items: [Int32], with others: [Int32], below end: Int, _ body: (_ index: Int, _ other: Int) -> Void
    ) {
        makeRoom(for: end)
        var values = values.mutableSpan
        for index in items.indices where items[index] < end { values[Int(items[index])] = Int32(index) }
        for other in others.indices where others[other] < end {
            let index = Int(values[Int(others[other])])
            if index >= 0, index < items.count, items[index] == others[other] { body(index, other) }
        }
    }

    /// Marks what lists have, an item from each after the other, the best first, and gives it in that order, each once: of a list as
    /// many as its limit. Marked items, and those from `end` on, do not count.
    mutating func merge(_ lists: [(items: [Int32], limit: Int)], below end: Int32) -> [Int32] {
        var merged: [Int32] = []
        merged.reserveCapacity(lists.reduce(0) { $0 + min($1.limit, $1.items.count) })
        // Where each list is, and how many it may still give; 0 once it is through.
        var cursors = lists.map { (rank: 0, left: $0.items.isEmpty ? 0 : $0.limit) }
        var fresh: [Int32] = []
        fresh.reserveCapacity(merged.capacity)
        var words = words.mutableSpan
        var isOver = false
        while !isOver {
            isOver = true
            for list in cursors.indices where cursors[list].left > 0 {
                var rank = cursors[list].rank
                var found = false
                while !found, rank < lists[list].items.count {
                    let item = lists[list].items[rank]
                    rank += 1
                    guard item >= 0, item < end else { continue }
                    let (word, bit) = (Int(item >> 6), UInt64(1) << UInt64(item & 63))
                    let marked = words[word]
                    guard marked & bit == 0 else { continue }
                    if marked == 0 { fresh.append(Int32(word)) }
                    words[word] = marked | bit
                    merged.append(item)
                    found = true
                }
                cursors[list] = (rank, found ? cursors[list].left - 1 : 0)
                if cursors[list].left > 0 { isOver = false }
            }
        }
        touched += fresh
        return merged
    }

    @inline(__always) func contains(_ item: Int32) -> Bool { words[Int(item >> 6)] & 1 << UInt64(item & 63) != 0 }

    @inline(__always) mutating func insert(_ item: Int32) {
        let word = Int(item >> 6)
        if words[word] == 0 { touched.append(Int32(word)) }
        words[word] |= 1 << UInt64(item & 63)
    }
}

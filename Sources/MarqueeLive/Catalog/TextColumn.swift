/// Texts by index, one behind the other in memory: to read one of a hundred thousand costs no cold object and no
/// count of who refers to it.
struct TextColumn: Sendable {
    private var bytes: [UInt8] = []
    private var ranges: [Range<Int>] = []
    /// Bytes that no text has any more.
    private var wasted = 0

    var count: Int { ranges.count }

    mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        ranges.append(bytes.count - text.utf8.count..<bytes.count)
    }

    /// Reading is O(bytes); so is writing, but for a sweep now and then, once half is wasted.
    subscript(index: Int) -> String {
        get { String(decoding: bytes[ranges[index]], as: UTF8.self) }
        set {
            wasted += ranges[index].count
            bytes.append(contentsOf: newValue.utf8)
            ranges[index] = bytes.count - newValue.utf8.count..<bytes.count
            if wasted > bytes.count / 2 { sweep() }
        }
    }

    /// Some texts' bytes: where they lie first, so that the memory is asked for all at once.
    func utf8(_ indices: [Int32]) -> [ArraySlice<UInt8>] {
        let spans = indices.map { ranges[Int($0)] }
        return spans.map { bytes[$0] }
    }

    private mutating func sweep() {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count - wasted)
        for index in ranges.indices {
            kept.append(contentsOf: bytes[ranges[index]])
            ranges[index] = kept.count - ranges[index].count..<kept.count
        }
        (bytes, wasted) = (kept, 0)
    }
}

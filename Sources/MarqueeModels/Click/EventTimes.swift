internal import MarqueeTensor

/// When things happened to each item: how often before any moment is one binary search.
struct EventTimes: Sendable, Equatable {
    /// Item i's times are `offsets[i]..<offsets[i + 1]`, ascending.
    private let offsets: [Int]
    private let times: [Int64]

    /// - Precondition: as many times as items, each item below `itemCount`.
    init(items: [Int32], times: [Int64], itemCount: Int) {
        var offsets = [Int](repeating: 0, count: itemCount + 1)
        for item in items { offsets[Int(item) + 1] += 1 }
        for item in 0..<itemCount { offsets[item + 1] += offsets[item] }
        var (cursors, sorted) = (offsets, times)
        for (item, time) in zip(items, times) {
            sorted[cursors[Int(item)]] = time
            cursors[Int(item)] += 1
        }
        for item in 0..<itemCount { sorted[offsets[item]..<offsets[item + 1]].sort() }
        (self.offsets, self.times) = (offsets, sorted)
    }

    var isEmpty: Bool { times.isEmpty }
    var count: Int { times.count }

    /// How often before `time`, and not at it. O(log n).
    func count(_ item: Int32, before time: Int64) -> Int {
        let first = offsets[Int(item)]
        var (lower, upper) = (first, offsets[Int(item) + 1])
        while lower < upper {
            let middle = (lower + upper) / 2
            if times[middle] < time { lower = middle + 1 } else { upper = middle }
        }
        return lower - first
    }

    func first(_ item: Int32) -> Int64? { times[offsets[Int(item)]..<offsets[Int(item) + 1]].first }

    func adding(items: [Int32], times: [Int64]) -> EventTimes {
        let itemCount = offsets.count - 1
        var own: [Int32] = []
        for item in 0..<itemCount { own += repeatElement(Int32(item), count: offsets[item + 1] - offsets[item]) }
        return EventTimes(items: own + items, times: self.times + times, itemCount: itemCount)
    }

    func save(to artifact: inout Artifact, _ name: String) {
        artifact.tensors["\(name).offsets"] = StoredTensor(offsets.map(Int64.init))
        artifact.tensors["\(name).times"] = StoredTensor(times)
    }

    init(from artifact: borrowing Artifact, _ name: String, itemCount: Int) throws {
        guard let offsets = try artifact.tensors["\(name).offsets"]?.longIntegers(),
            let times = try artifact.tensors["\(name).times"]?.longIntegers(), offsets.count == itemCount + 1,
            offsets.first == 0, offsets.last == Int64(times.count), zip(offsets, offsets.dropFirst()).allSatisfy(<=)
        else { throw ModelError.badArtifact(path: name, reason: "times are missing or damaged") }
        (self.offsets, self.times) = (offsets.map { Int($0) }, times)
    }
}

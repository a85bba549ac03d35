internal import Foundation
internal import MarqueeData

/// What came after what, and since when it was known: C of ``Transitions`` as of any moment.
///
///     C[a, b](t) = Σ over histories, over pairs of an event a and an event b before t, d = 1 … `window` events later, of
///                  decay^(d − 1)
struct FollowingTimes: Sendable {
    static let window = 20
    static let decay: Float = 0.9
    static let weights: [Float] = (0..<window).map { pow(decay, Float($0)) }

    /// Item a's pairs are `offsets[a]..<offsets[a + 1]`, ascending by what followed and then by time; `sums` are of the
    /// pairs of one a and b up to there.
    private let offsets: [Int]
    private let items: [Int32]
    private let times: [Int64]
    private let sums: [Float]

    /// O(events · window).
    /// - Parameter clock: when an event was known, by its place among the histories' events.
    init(_ histories: UserHistories, itemCount: Int, clock: [Int64]) {
        var offsets = [Int](repeating: 0, count: itemCount + 1)
        func forEachPair(_ body: (_ first: Int, _ later: Int) -> Void) {
            for user in 0..<histories.userCount {
                let end = histories.offsets[user + 1]
                for event in histories.offsets[user]..<end {
                    for later in event + 1..<max(event + 1, min(event + 1 + Self.window, end)) { body(event, later) }
                }
            }
        }
        forEachPair { first, _ in offsets[Int(histories.items[first]) + 1] += 1 }
        for item in 0..<itemCount { offsets[item + 1] += offsets[item] }
        var cursors = offsets
        var pairs = [(item: Int32, time: Int64, weight: Float)](repeating: (0, 0, 0), count: offsets[itemCount])
        forEachPair { first, later in
            let item = Int(histories.items[first])
            pairs[cursors[item]] = (histories.items[later], clock[later], Self.weights[later - first - 1])
            cursors[item] += 1
        }
        for item in 0..<itemCount {
            pairs[offsets[item]..<offsets[item + 1]].sort { ($0.item, $0.time) < ($1.item, $1.time) }
            for k in offsets[item]..<offsets[item + 1] where k > offsets[item] && pairs[k - 1].item == pairs[k].item {
                pairs[k].weight += pairs[k - 1].weight
            }
        }
        self.offsets = offsets
        (items, times, sums) = (pairs.map(\.item), pairs.map(\.time), pairs.map(\.weight))
    }

    /// C[a, b] before `time`, and not at it. O(log pairs of a).
    func weight(_ a: Int32, _ b: Int32, before time: Int64) -> Float {
        let first = offsets[Int(a)]
        var (lower, upper) = (first, offsets[Int(a) + 1])
        while lower < upper {
            let middle = (lower + upper) / 2
            if (items[middle], times[middle]) < (b, time) { lower = middle + 1 } else { upper = middle }
        }
        return lower > first && items[lower - 1] == b ? sums[lower - 1] : 0
    }

    /// C of all times.
    var totals: InteractionMatrix {
        let count = offsets.count - 1
        var (starts, columns, values) = ([0], [Int32](), [Float]())
        for item in 0..<count {
            for k in offsets[item]..<offsets[item + 1] where k + 1 == offsets[item + 1] || items[k + 1] != items[k] {
                columns.append(items[k])
                values.append(sums[k])
            }
            starts.append(columns.count)
        }
        return InteractionMatrix(rowCount: count, columnCount: count, offsets: starts, columns: columns, values: values)
    }
}

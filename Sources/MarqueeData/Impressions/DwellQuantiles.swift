/// How long something was looked at, beside others about as long: a dwell becomes its quantile among those of the decile
/// of its item's length. Watching fifteen seconds is much of a short video and little of a long one.
///
///     let quantiles = DwellQuantiles(split.train)           // fitted on what is learned from alone
///     quantiles?.quantile(15_000, length: 60_000)           // in 0...1
///
/// Items of unknown length are a group of their own. Equal dwells share the middle of their ranks, so that the mean over
/// what was fitted is one half in every group.
public struct DwellQuantiles: Sendable, Equatable {
    /// The longest length of each decile but the last, ascending; empty where no lengths are known.
    public let lengthEdges: [Int32]
    /// By decile of length, the unknown last: the dwells, ascending.
    private let dwells: [[Int32]]

    /// Of all rows whose dwell is known; nil where there is none. O(n log n).
    public init?(_ log: ImpressionLog) {
        self.init(dwell: log.dwell, lengths: log.lengths)
    }

    /// - Parameter lengths: by row, in the dwell's unit; 0 or below where it is not known, empty where it never is.
    /// - Precondition: as many lengths as dwells, or none.
    public init?(dwell: [Int32], lengths: [Int32]) {
        precondition(lengths.isEmpty || lengths.count == dwell.count)
        let rows = dwell.indices.filter { dwell[$0] >= 0 }
        guard !rows.isEmpty else { return nil }
        let known = lengths.isEmpty ? [] : rows.map { lengths[$0] }.filter { $0 > 0 }.sorted()
        var edges: [Int32] = []
        for decile in 1..<10 where !known.isEmpty {
            let edge = known[min(known.count - 1, decile * known.count / 10)]
            if edges.last.map({ $0 < edge }) ?? true { edges.append(edge) }
        }
        lengthEdges = edges
        var dwells = [[Int32]](repeating: [], count: edges.count + 2)
        for row in rows {
            dwells[Self.group(lengths.isEmpty ? 0 : lengths[row], edges)].append(dwell[row])
        }
        self.dwells = dwells.map { $0.sorted() }
    }

    private static func group(_ length: Int32, _ edges: [Int32]) -> Int {
        length > 0 ? edges.count { $0 < length } : edges.count + 1
    }

    /// The share of dwells of its group that are shorter, those as long counting half; of a group that was never seen,
    /// the share among all. O(log n).
    /// - Parameter length: 0 or below where it is not known.
    public func quantile(_ dwell: Int32, length: Int32) -> Float {
        let own = dwells[Self.group(length, lengthEdges)]
        guard own.isEmpty else { return Self.share(dwell, of: own) }
        let count = dwells.reduce(0) { $0 + $1.count }
        return dwells.reduce(0) { $0 + Self.share(dwell, of: $1) * Float($1.count) } / Float(max(1, count))
    }

    private static func share(_ dwell: Int32, of sorted: [Int32]) -> Float {
        guard !sorted.isEmpty else { return 0 }
        func place(_ isBehind: (Int32) -> Bool) -> Int {
            var (lower, upper) = (0, sorted.count)
            while lower < upper {
                let middle = (lower + upper) / 2
                if isBehind(sorted[middle]) { upper = middle } else { lower = middle + 1 }
            }
            return lower
        }
        let (first, last) = (place { $0 >= dwell }, place { $0 > dwell })
        return (Float(first) + Float(last)) / 2 / Float(sorted.count)
    }
}

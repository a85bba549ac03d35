/// How many interactions each user (or item) has.
public struct Activity: Sendable, Equatable, Codable {
    public struct Bin: Sendable, Equatable, Codable {
        /// The least and the greatest number of interactions in this bin.
        public let from, through: Int
        /// How many users (or items) have so many.
        public let count: Int
    }

    public let minimum, maximum: Int
    public let median, mean: Double
    /// Doubling bins, 0, 1, 2…3, 4…7, …; those at the ends are not empty.
    public let histogram: [Bin]

    /// - Parameter counts: the interactions of each.
    public init(_ counts: [Int]) {
        let sorted = counts.sorted()
        minimum = sorted.first ?? 0
        maximum = sorted.last ?? 0
        let middle = sorted.count / 2
        median =
            sorted.isEmpty
            ? 0 : sorted.count % 2 == 1 ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
        mean = Double(sorted.reduce(0, +)) / Double(max(1, sorted.count))

        func bin(_ count: Int) -> Int { Int.bitWidth - count.leadingZeroBitCount }
        var bins = [Int](repeating: 0, count: bin(maximum) + 1)
        for count in sorted { bins[bin(count)] += 1 }
        histogram =
            sorted.isEmpty
            ? []
            : (bin(minimum)...bin(maximum)).map {
                $0 == 0
                    ? Bin(from: 0, through: 0, count: bins[0])
                    : Bin(from: 1 << ($0 - 1), through: 1 << $0 - 1, count: bins[$0])
            }
    }
}

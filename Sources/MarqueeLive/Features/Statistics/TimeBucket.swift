/// What a statistic keeps of a stretch of time.
protocol TimeBucket {
    /// The number of the stretch.
    var index: Int64 { get }
    /// Adds what another keeps of the same stretch.
    mutating func add(_ other: Self)
}

extension Array where Element: TimeBucket {
    /// Adds to the stretch that is there or puts a new one in, oldest first, and drops those that lie `keep` or more before
    /// the newest.
    mutating func add(_ new: Element, keep: Int64) {
        // The newest is nearly always the one.
        let place = lastIndex { $0.index <= new.index }
        if let place, self[place].index == new.index {
            self[place].add(new)
        } else {
            insert(new, at: place.map { $0 + 1 } ?? 0)
        }
        guard let newest = last?.index else { return }
        while self[0].index <= newest &- keep { removeFirst() }
    }
}

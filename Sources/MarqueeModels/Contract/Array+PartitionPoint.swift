extension Array {
    /// The first place of which `isBehind` holds, in an array where it holds from some place on. O(log count).
    func partitionPoint(_ isBehind: (Element) -> Bool) -> Int {
        var (lower, upper) = (0, count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if isBehind(self[middle]) { upper = middle } else { lower = middle + 1 }
        }
        return lower
    }
}

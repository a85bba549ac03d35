extension [Double] {
    /// The middle one, or the mean of the two middle ones; not a number when there are none.
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}

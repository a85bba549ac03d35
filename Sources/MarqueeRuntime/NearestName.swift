extension String {
    /// The one of `names` that the writer most likely meant: fewest insertions, deletions,
    /// substitutions and swaps of neighbors away (Damerau 1964, restricted), case ignored; nil when
    /// even that one differs in more than about a third of its letters. An abbreviation is meant for what it begins,
    /// and what begins with a name, as `timestamp` with `time`, for that. O(names × length²).
    public func nearest(in names: some Sequence<String>) -> String? {
        let typed = Array(lowercased())
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = Array(name.lowercased())
            var distance = editDistance(typed, candidate)
            if distance > 0, typed.count >= 2, candidate.starts(with: typed) { distance = 1 }
            if distance > 2, candidate.count >= 3, typed.starts(with: candidate) { distance = 2 }
            guard distance <= Swift.max(2, candidate.count / 3), distance < candidate.count else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
        }
        return best?.name
    }
}

private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var before: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
            row.append(cost)
        }
        (before, last) = (last, row)
    }
    return last[b.count]
}

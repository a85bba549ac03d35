/// Finds the name that somebody meant.
public enum Spelling {
    /// The valid name nearest to `name` by edit distance, case aside; nil when none is near.
    public static func nearest(to name: String, among valid: [String]) -> String? {
        let target = Array(name.lowercased())
        let ranked = valid.map { (name: $0, distance: distance(target, Array($0.lowercased()))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, max(target.count, best.name.count) / 2) ? best.name : nil
    }

    /// One line that says what was wrong and what would be right: `unknown step 'k-cor': did you mean 'k-core'?`
    public static func complaint(unknown kind: String, _ name: String, valid: [String]) -> String {
        let list = valid.sorted().joined(separator: ", ")
        guard let nearest = nearest(to: name, among: valid) else {
            return "unknown \(kind) '\(name)'; valid are: \(list)"
        }
        return "unknown \(kind) '\(name)': did you mean '\(nearest)'? Valid are: \(list)"
    }

    /// Levenshtein's edit distance with transpositions of neighbours, O(left × right).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var before = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            for j in right.indices {
                var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, before[j - 1] + 1) }
                current.append(cost)
            }
            (before, previous) = (previous, current)
        }
        return previous[right.count]
    }
}

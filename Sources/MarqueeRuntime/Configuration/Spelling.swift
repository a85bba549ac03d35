/// What to tell somebody who named something that is not there.
public enum Spelling {
    /// One line that says what was wrong and what would be right: `unknown step 'k-cor': did you mean 'k-core'?`
    public static func complaint(unknown kind: String, _ name: String, valid: [String]) -> String {
        if valid.isEmpty { return "unknown \(kind) '\(name)'; it has none" }
        let list = valid.sorted().joined(separator: ", ")
        guard let nearest = name.nearest(in: valid) else { return "unknown \(kind) '\(name)'; valid are: \(list)" }
        return "unknown \(kind) '\(name)': did you mean '\(nearest)'? Valid are: \(list)"
    }
}

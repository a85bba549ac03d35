/// What to tell somebody who named something that is not there.
public enum Spelling {
    /// One line that says what was wrong and what would be right: `unknown step 'k-cor': did you mean 'k-core'?`
    public static func complaint(unknown kind: String, _ name: String, valid: [String]) -> String {
        if valid.isEmpty { return "unknown \(kind) '\(name)'; it has none" }
        let list = valid.sorted().joined(separator: ", ")
        guard let nearest = name.nearest(in: valid) else { return "unknown \(kind) '\(name)'; valid are: \(list)" }
        return "unknown \(kind) '\(name)': did you mean '\(nearest)'? Valid are: \(list)"
    }

    /// The same of several names, each with the valid one that it is nearest to or a synonym of.
    public static func complaint(
        unknown kind: String, _ names: [String], valid: [String], synonyms: [String: String]
    ) -> String {
        func meant(_ name: String) -> String? { synonyms[name.lowercased()] ?? name.nearest(in: valid) }
        if let name = names.first, names.count == 1, valid.isEmpty || meant(name) == name.nearest(in: valid) {
            return complaint(unknown: kind, name, valid: valid)
        }
        let told = names.map { name in
            "unknown \(kind) '\(name)'" + (meant(name).map { ": did you mean '\($0)'?" } ?? ".")
        }
        return told.joined(separator: " ") + " Valid are: \(valid.sorted().joined(separator: ", "))"
    }
}

/// The words of a text, by which what somebody searched for and what an item is called are compared.
public enum SearchWords {
    /// The longest runs of letters and digits, in lower case as Unicode maps it without regard to language, each once and
    /// in their order: `Star Wars: Episode IV` has `star`, `wars`, `episode` and `iv`. O(bytes).
    public static func of(_ text: String) -> [String] {
        var words: [String] = []
        for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
            if !words.contains(where: { $0 == word }) { words.append(String(word)) }
        }
        return words
    }
}

/// Gathers what is known of the items of a vocabulary; items that it does not hold are passed over.
struct CatalogBuilder {
    private let vocabulary: Vocabulary
    private(set) var items: [Catalog.Item]
    private var known: [Bool]

    init(_ vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        items = (0..<Int32(vocabulary.count)).map { Catalog.Item(title: vocabulary[$0]) }
        known = Array(repeating: false, count: vocabulary.count)
    }

    /// The catalog; empty where nothing became known.
    var catalog: Catalog { known.contains(true) ? Catalog(items: items) : Catalog() }

    mutating func update(_ id: UnsafeBufferPointer<UInt8>, _ change: (inout Catalog.Item) -> Void) {
        guard let index = vocabulary.index(ofUTF8: id) else { return }
        update(index, change)
    }

    mutating func update(_ index: Int32, _ change: (inout Catalog.Item) -> Void) {
        change(&items[Int(index)])
        known[Int(index)] = true
    }

    /// `Heat (1995)` as `Heat` and 1995; other titles as they are.
    static func titleAndYear(_ text: String) -> (title: String, year: Int?) {
        let trimmed = text.trimmingSuffix(while: \.isWhitespace)
        guard trimmed.last == ")", let open = trimmed.lastIndex(of: "(") else { return (String(trimmed), nil) }
        let inside = trimmed[trimmed.index(after: open)...].dropLast()
        guard inside.count >= 4, let year = Int(inside.suffix(4)), (1800...2200).contains(year),
            inside.count == 4 || inside.allSatisfy({ $0.isNumber || "-–".contains($0) })
        else { return (String(trimmed), nil) }
        return (String(trimmed[..<open].trimmingSuffix(while: \.isWhitespace)), Int(inside.prefix(4)) ?? year)
    }

    static func genres(_ text: String, separator: String = "|") -> [String] {
        text.split(separator: separator).map(String.init).filter { $0 != "(no genres listed)" && !$0.isEmpty }
    }
}

extension StringProtocol {
    func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, isUnwanted(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}

internal import MarqueeData
internal import MarqueeRuntime

extension SavedModel {
    /// The id of the item that a person means by an id, a title with or without its year, or the beginning of either that
    /// no other item has. Case does not matter in titles.
    /// - Throws: ``ItemNameError``.
    public func item(named text: String) throws(ItemNameError) -> String {
        if items.index(of: text) != nil { return text }
        let wanted = text.lowercased()
        func names(_ place: Int) -> [String] {
            let item = catalog.items[place]
            return [item.title.lowercased(), item.titleWithYear.lowercased()]
        }
        let beginning = catalog.items.indices.filter { names($0).contains { $0.hasPrefix(wanted) } }
        let equal = beginning.filter { names($0).contains(wanted) }
        let found = wanted.isEmpty ? [] : equal.isEmpty ? beginning : equal
        guard let first = found.first else {
            let titles = catalog.items.lazy.map(\.titleWithYear)
            throw .unknown(
                text,
                nearest: text.nearest(in: titles)
                    ?? text.nearest(in: catalog.items.lazy.map(\.title)).flatMap { title in
                        catalog.items.first { $0.title == title }?.titleWithYear
                    })
        }
        guard found.count == 1 else {
            throw .ambiguous(
                text, found.map { "\(catalog.items[$0].titleWithYear) (id \(items[Int32($0)]))" })
        }
        return items[Int32(first)]
    }
}

/// A text that names no item, or several.
public enum ItemNameError: Error, Equatable, CustomStringConvertible {
    case unknown(String, nearest: String?)
    case ambiguous(String, [String])

    public var description: String {
        switch self {
        case .unknown(let text, let nearest):
            "no item has the id or title '\(text)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .ambiguous(let text, let names):
            "\(names.count) items are called '\(text)' or begin so: \(names.prefix(5).joined(separator: ", "))"
                + "\(names.count > 5 ? ", …" : ""); give more of the title or the id"
        }
    }
}

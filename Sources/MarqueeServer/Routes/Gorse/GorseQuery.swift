internal import Hummingbird

/// What gorse's queries have in common.
extension QueryReader {
    /// gorse's `n`: 10 where it is left out or 0.
    mutating func gorseCount(atMost limit: Int) throws(HTTPError) -> Int {
        let count = try integer("n", in: 0...limit, standard: 0)
        return count == 0 ? 10 : count
    }

    /// Text, nil where it is left out or empty: gorse's clients send what nobody gave as empty.
    mutating func gorseText(_ key: String) throws(HTTPError) -> String? {
        try value(key).flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Which part of a list is asked for: `n` of it, after `offset`.
struct GorseSlice {
    let count: Int
    let offset: Int
    var end: Int { offset + count }

    /// - Throws: 400 when the slice ends after `limit`.
    init(_ query: inout QueryReader, atMost limit: Int) throws {
        count = try query.gorseCount(atMost: limit)
        offset = try query.integer("offset", in: 0...limit, standard: 0)
        guard end <= limit else {
            throw HTTPError(.badRequest, message: "'offset' and 'n' together are to be at most \(limit)")
        }
    }

    func of<Element>(_ list: some Sequence<Element>) -> [Element] { Array(list.dropFirst(offset).prefix(count)) }
}

/// A page of items or users: `n` of them after `cursor`, or those in which all words of `q` are.
struct GorsePage {
    static let limit = 10_000

    let count: Int
    /// The name after which it begins; empty for the first page.
    let name: String
    let words: String?

    /// - Parameter searches: whether there is a `q`.
    init(_ query: inout QueryReader, searches: Bool = false) throws {
        count = try query.gorseCount(atMost: Self.limit)
        name = GorseForm.name(of: try query.gorseText("cursor") ?? "")
        words = searches ? try query.gorseText("q") : nil
    }

    /// The entries of the page and the cursor of the next, of as many as ``GorsePage/count`` and one more.
    func split<Entry: Identifiable<String>>(_ entries: [Entry]) -> (entries: [Entry], cursor: String) {
        let page = Array(entries.prefix(count))
        return (page, GorseForm.cursor(after: entries.count > count ? page.last?.id : nil))
    }
}

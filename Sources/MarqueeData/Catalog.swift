/// What is known of each item beside who liked it; rows follow the item vocabulary.
public struct Catalog: Sendable, Equatable, Codable {
    public struct Item: Sendable, Equatable, Codable {
        public var title: String
        public var year: Int?
        public var genres: [String]
        /// Free text: description, tags.
        public var text: String
        /// The media domain, such as `movie`, `news` or `ad`.
        public var domain: String

        public init(title: String, year: Int? = nil, genres: [String] = [], text: String = "", domain: String = "movie")
        {
            self.title = title
            self.year = year
            self.genres = genres
            self.text = text
            self.domain = domain
        }
    }

    /// By item index; an item of which nothing is known has its id as its title.
    public var items: [Item]

    public init(items: [Item] = []) { self.items = items }

    public var isEmpty: Bool { items.isEmpty }
    public subscript(item: Int32) -> Item? {
        items.indices.contains(Int(item)) ? items[Int(item)] : nil
    }
}

extension Catalog.Item {
    /// The title as it is printed, `Heat (1995)`, with the year once.
    public var titleWithYear: String {
        guard let year, !title.hasSuffix("(\(year))") else { return title }
        return "\(title) (\(year))"
    }
}

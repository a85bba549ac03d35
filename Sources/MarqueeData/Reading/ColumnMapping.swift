/// Which column of a delimited file means what, for files that speak for themselves too little.
///
///     data:
///       path: plays.csv
///       columns: { user: listener, item: track, value: plays, timestamp: 4 }
///
/// A column is named by the header or by its number, counted from 1. What is left out is found by
/// looking at the file: the separator among `,`, tab, `;`, `|`, `::` and space; a header where a
/// column is given by name.
public struct ColumnMapping: Sendable, Equatable, Codable {
    /// A column, by its name in the header or its number, the first being 1.
    public enum Column: Sendable, Equatable, Codable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case name(String)
        case number(Int)

        public init(stringLiteral name: String) { self = .name(name) }
        public init(integerLiteral number: Int) { self = .number(number) }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .name(try container.decode(String.self))
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .name(let name): try container.encode(name)
            case .number(let number): try container.encode(number)
            }
        }
    }

    /// What a timestamp counts since 1970-01-01 UTC. Kept to the millisecond.
    public enum TimeUnit: String, Sendable, Equatable, Codable, CaseIterable {
        case seconds, milliseconds
    }

    /// The file that says what the items are.
    public struct CatalogMapping: Sendable, Equatable, Codable {
        /// Beside the log.
        public var file: String
        public var separator: String?
        public var header: Bool?
        public var id: Column
        public var title: Column?
        public var year: Column?
        public var genres: Column?
        /// What stands between two genres; `|` when nil.
        public var genreSeparator: String?
        public var text: Column?
        public var domain: Column?

        public init(
            file: String, separator: String? = nil, header: Bool? = nil, id: Column, title: Column? = nil,
            year: Column? = nil, genres: Column? = nil, genreSeparator: String? = nil, text: Column? = nil,
            domain: Column? = nil
        ) {
            self.file = file
            self.separator = separator
            self.header = header
            self.id = id
            self.title = title
            self.year = year
            self.genres = genres
            self.genreSeparator = genreSeparator
            self.text = text
            self.domain = domain
        }
    }

    /// The log's file inside a folder or archive; may be nil where there is one file only.
    public var file: String?
    public var separator: String?
    public var header: Bool?
    /// Whether `"` quotes a field that holds separators; nil quotes everywhere but in tab-separated files.
    public var quotes: Bool?
    public var user: Column
    public var item: Column
    public var behavior: Column?
    public var value: Column?
    public var timestamp: Column?
    public var timeUnit: TimeUnit?
    public var catalog: CatalogMapping?

    public init(
        file: String? = nil, separator: String? = nil, header: Bool? = nil, quotes: Bool? = nil, user: Column,
        item: Column, behavior: Column? = nil, value: Column? = nil, timestamp: Column? = nil,
        timeUnit: TimeUnit? = nil, catalog: CatalogMapping? = nil
    ) {
        self.file = file
        self.separator = separator
        self.header = header
        self.quotes = quotes
        self.user = user
        self.item = item
        self.behavior = behavior
        self.value = value
        self.timestamp = timestamp
        self.timeUnit = timeUnit
        self.catalog = catalog
    }
}

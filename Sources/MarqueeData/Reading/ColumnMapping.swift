public import MarqueeRuntime

/// Which column of a delimited file means what, for files that speak for themselves too little.
///
///     data:
///       path: plays.csv
///       columns: { user: listener, item: track, value: plays, timestamp: 4 }
///
/// A column is named by the header (of JSON lines, by the key) or by its number, counted from 1. What is left out is
/// found by looking at the file: the separator among `,`, tab, `;`, `|`, `::` and space; a header where a
/// column is given by name; what times count by their size. With user and item the mapping is the whole truth; without
/// one of them it is laid over what the file is taken for, so that `{ time-unit: milliseconds }` or
/// `{ timestamp: played }` is enough.
public struct ColumnMapping: Configuration, Equatable, Encodable {
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

    /// What becomes of a line that does not say what its format asks for.
    public enum BadLine: String, Sendable, Equatable, Codable, CaseIterable {
        /// It ends the reading, with its number.
        case refuse
        /// It is left out and counted; the first three are told.
        case skip
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
    /// Whether lines of whole numbers are adjacency lists, "user item item …"; nil judges by what they hold, and asks
    /// where they could be "user item rating" as well.
    public var lists: Bool?
    public var user: Column?
    public var item: Column?
    public var behavior: Column?
    public var value: Column?
    public var timestamp: Column?
    /// Nil judges by the size of the numbers, and by their look where they are text.
    public var timeUnit: TimeUnit?
    /// Nil refuses.
    public var onBadLine: BadLine?
    public var catalog: CatalogMapping?

    public init(
        file: String? = nil, separator: String? = nil, header: Bool? = nil, quotes: Bool? = nil, lists: Bool? = nil,
        user: Column? = nil, item: Column? = nil, behavior: Column? = nil, value: Column? = nil,
        timestamp: Column? = nil, timeUnit: TimeUnit? = nil, onBadLine: BadLine? = nil, catalog: CatalogMapping? = nil
    ) {
        self.file = file
        self.separator = separator
        self.header = header
        self.quotes = quotes
        self.lists = lists
        self.user = user
        self.item = item
        self.behavior = behavior
        self.value = value
        self.timestamp = timestamp
        self.timeUnit = timeUnit
        self.onBadLine = onBadLine
        self.catalog = catalog
    }

    public static let defaults = ColumnMapping()

    /// What others call these keys.
    public static let synonyms = [
        "rating": "value", "ratings": "value", "score": "value", "stars": "value", "weight": "value", "count": "value",
        "time": "timestamp", "date": "timestamp", "datetime": "timestamp", "event": "behavior", "type": "behavior",
        "action": "behavior", "unit": "time-unit", "delimiter": "separator", "sep": "separator", "items": "catalog",
        "titles": "catalog",
    ]

    /// The roles that are given, with their columns.
    var roles: [(role: TableLayout.Role, column: Column)] {
        let all: [(TableLayout.Role, Column?)] = [
            (.user, user), (.item, item), (.behavior, behavior), (.value, value), (.timestamp, timestamp),
        ]
        return all.compactMap { role, column in column.map { (role, $0) } }
    }

    /// Whether it says something that only a delimited table has.
    var describesTable: Bool { !roles.isEmpty || separator != nil || header != nil || quotes != nil || catalog != nil }
}

public import MarqueeRuntime

/// What the catalog keeps under an id: an item or a user.
public protocol CatalogEntry: Configuration, Encodable, Equatable, Identifiable<String> {
    /// One of which nothing is known.
    init(id: String)
    /// Why it may not enter the catalog; nil when it may.
    var problem: CatalogProblem? { get }
}

/// Something that can be recommended, as its editors describe it.
public struct CatalogItem: CatalogEntry {
    public var id: String
    /// Empty where nobody gave one; the id is shown then.
    public var title: String
    /// `news`, `video`, `ads`: the catalog's own word.
    public var domain: String
    public var categories: [String]
    public var text: String
    public var year: Int?
    /// When it appears, in milliseconds since 1970; before that it is not recommended. 0 when unknown.
    public var time: Int64
    /// False while it is not to be recommended to anybody.
    public var isPublished: Bool
    /// What else is known of it, as any JSON: `{"language": "de", "tags": ["noir"]}`.
    public var labels: ConfigValue

    public init(
        id: String, title: String = "", domain: String = "", categories: [String] = [], text: String = "",
        year: Int? = nil,
        time: Int64 = 0, isPublished: Bool = true, labels: ConfigValue = []
    ) {
        self.id = id
        self.title = title
        self.domain = domain
        self.categories = categories
        self.text = text
        self.year = year
        self.time = time
        self.isPublished = isPublished
        self.labels = labels
    }

    public init(id: String) { self.init(id: id, title: "") }

    public static let defaults = CatalogItem(id: "")
    public static let required = ["id"]

    enum CodingKeys: String, CodingKey {
        case id, title, domain, categories, text, year, time, labels
        case isPublished = "published"
    }
}

/// Somebody to whom things are recommended, as far as they are known beside what they do.
public struct CatalogUser: CatalogEntry {
    public var id: String
    /// What is known of them, as any JSON: a list of texts, `{"age": 24}`.
    public var labels: ConfigValue
    /// Ids of those whose recent items the user may like.
    public var friends: [String]
    public var comment: String

    public init(id: String, labels: ConfigValue = [], friends: [String] = [], comment: String = "") {
        self.id = id
        self.labels = labels
        self.friends = friends
        self.comment = comment
    }

    public init(id: String) { self.init(id: id, labels: []) }

    public static let defaults = CatalogUser(id: "")
    public static let required = ["id"]
}

/// Why an item or a user may not enter the catalog.
public enum CatalogProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case badName(field: String, reason: String)
    case tooMany(field: String, count: Int, limit: Int)

    public var description: String {
        switch self {
        case .badName(let field, let reason): "'\(field)' \(reason)"
        case .tooMany(let field, let count, let limit): "'\(field)' has \(count) entries; at most \(limit) are kept"
        }
    }
}

extension CatalogItem {
    /// Why this may not enter the catalog; nil when it may.
    public var problem: CatalogProblem? {
        CatalogProblem.name(id, "id")
            ?? (domain.isEmpty ? nil : CatalogProblem.name(domain, "domain"))
            ?? CatalogProblem.names(categories, "categories", limit: 64)
            ?? CatalogProblem.text(title, "title", limit: 4_096) ?? CatalogProblem.text(text, "text", limit: 65_536)
            ?? timeProblem
            ?? CatalogProblem.text(labels.json, "labels", limit: 65_536)
    }

    /// What looks like seconds or microseconds would be in 1970, or never.
    private var timeProblem: CatalogProblem? {
        let seconds2000To2100: Range<Int64> = 946_684_800..<4_102_444_800
        if time < 0 { return .badName(field: "time", reason: "is before 1970; give milliseconds since then") }
        let unit = seconds2000To2100.contains(time) ? "seconds" : time >= 946_684_800_000_000 ? "microseconds" : nil
        return unit.map {
            .badName(field: "time", reason: "\(time) looks like \($0); give milliseconds since 1970, or 0 for unknown")
        }
    }
}

extension CatalogUser {
    /// Why this may not enter the catalog; nil when it may.
    public var problem: CatalogProblem? {
        CatalogProblem.name(id, "id") ?? CatalogProblem.text(labels.json, "labels", limit: 65_536)
            ?? CatalogProblem.names(friends, "friends", limit: 4_096)
            ?? CatalogProblem.text(comment, "comment", limit: 65_536)
    }
}

extension CatalogProblem {
    static func name(_ text: String, _ field: String) -> CatalogProblem? {
        if text.isEmpty { return .badName(field: field, reason: "is empty") }
        if text.utf8.count > Event.longestName {
            return .badName(field: field, reason: "has \(text.utf8.count) bytes; at most \(Event.longestName) are kept")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return .badName(field: field, reason: "has a control character")
        }
        return nil
    }

    static func names(_ texts: [String], _ field: String, limit: Int) -> CatalogProblem? {
        if texts.count > limit { return .tooMany(field: field, count: texts.count, limit: limit) }
        for text in texts { if let problem = name(text, field) { return problem } }
        return nil
    }

    static func text(_ text: String, _ field: String, limit: Int) -> CatalogProblem? {
        text.utf8.count > limit
            ? .badName(field: field, reason: "has \(text.utf8.count) bytes; at most \(limit) are kept") : nil
    }
}

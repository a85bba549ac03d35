internal import MarqueeLive
internal import MarqueeRuntime

/// gorse's item: `{"ItemId": "1", "IsHidden": false, "Categories": ["film"], "Timestamp": "2024-05-01T12:00:00Z",
/// "Labels": {"language": "de"}, "Comment": "Heat"}`. Its comment, which gorse shows people, is the title.
struct GorseItem: Encodable {
    let item: CatalogItem

    private static let fields = ["ItemId", "IsHidden", "Categories", "Timestamp", "Labels", "Comment"]

    /// The fields that a body gives; what is null or left out is nil.
    struct Change: Sendable {
        var id: String?
        var isHidden: Bool?
        var categories: [String]?
        var time: Int64?
        var labels: ConfigValue?
        var title: String?

        init(_ value: ConfigValue) throws {
            let object = try GorseObject(value, known: fields)
            id = try object.text("ItemId")
            isHidden = try object.flag("IsHidden")
            categories = try object.texts("Categories")
            time = try object.time("Timestamp")
            labels = object["Labels"]
            title = try object.text("Comment")
        }

        /// A whole item, which needs an id.
        static func whole(_ value: ConfigValue) throws -> (id: String, change: Change) {
            let change = try Change(value)
            guard let id = change.id else { throw GorseObject.Problem("'ItemId' is missing") }
            var item = CatalogItem(id: id)
            change.replace(&item)
            if let problem = item.problem { throw problem }
            return (id, change)
        }

        /// Changes what was given.
        func apply(to item: inout CatalogItem) {
            if let isHidden { item.isPublished = !isHidden }
            if let categories { item.categories = categories }
            if let time { item.time = time }
            if let labels { item.labels = labels }
            if let title { item.title = title }
        }

        /// Puts it in the place of what gorse's form says of an item; what only the own form says stays.
        func replace(_ item: inout CatalogItem) {
            let fresh = CatalogItem(id: item.id)
            (item.isPublished, item.categories, item.time) = (fresh.isPublished, fresh.categories, fresh.time)
            (item.labels, item.title) = (fresh.labels, fresh.title)
            apply(to: &item)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case itemId = "ItemId"
        case isHidden = "IsHidden"
        case categories = "Categories"
        case timestamp = "Timestamp"
        case labels = "Labels"
        case comment = "Comment"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(item.id, forKey: .itemId)
        try container.encode(!item.isPublished, forKey: .isHidden)
        try container.encode(item.categories, forKey: .categories)
        try container.encode(item.time == 0 ? GorseTime.unknown : GorseTime.text(item.time), forKey: .timestamp)
        try container.encode(item.labels, forKey: .labels)
        try container.encode(item.title, forKey: .comment)
    }
}

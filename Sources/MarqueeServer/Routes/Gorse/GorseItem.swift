internal import MarqueeLive
internal import MarqueeRuntime

/// gorse's item: `{"ItemId": "1", "IsHidden": false, "Categories": ["film"], "Timestamp": "2024-05-01T12:00:00Z",
/// "Labels": {"language": "de"}, "Comment": "Heat"}`. Its comment, which gorse shows people, is the title.
struct GorseItem: Encodable {
    let item: CatalogItem

    struct Change: GorseChange {
        static let fields = ["ItemId", "IsHidden", "Categories", "Timestamp", "Labels", "Comment"]

        var isHidden: Bool?
        var categories: [String]?
        var time: Int64?
        var labels: ConfigValue?
        var title: String?

        init(_ object: GorseObject) throws(GorseObject.Problem) {
            isHidden = try object.flag("IsHidden")
            categories = try object.texts("Categories")
            time = try object.time("Timestamp")
            labels = object["Labels"]
            title = try object.text("Comment")
        }

        func apply(to item: inout CatalogItem) {
            if let isHidden { item.isPublished = !isHidden }
            if let categories { item.categories = categories }
            if let time { item.time = time }
            if let labels { item.labels = labels }
            if let title { item.title = title }
        }

        static func clear(_ item: inout CatalogItem) {
            let fresh = CatalogItem(id: item.id)
            (item.isPublished, item.categories, item.time) = (fresh.isPublished, fresh.categories, fresh.time)
            (item.labels, item.title) = (fresh.labels, fresh.title)
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

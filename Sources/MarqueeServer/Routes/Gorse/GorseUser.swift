internal import MarqueeLive
internal import MarqueeRuntime

/// gorse's user: `{"UserId": "1", "Labels": {"age": 24}, "Comment": ""}`. `Subscribe`, which gorse has given up, is
/// accepted and means nothing.
struct GorseUser: Encodable {
    let user: CatalogUser

    struct Change: GorseChange {
        static let fields = ["UserId", "Labels", "Comment", "Subscribe"]

        var labels: ConfigValue?
        var comment: String?

        init(_ object: GorseObject) throws(GorseObject.Problem) {
            labels = object["Labels"]
            comment = try object.text("Comment")
        }

        func apply(to user: inout CatalogUser) {
            if let labels { user.labels = labels }
            if let comment { user.comment = comment }
        }

        static func clear(_ user: inout CatalogUser) {
            (user.labels, user.comment) = ([], "")
        }
    }

    private enum CodingKeys: String, CodingKey {
        case userId = "UserId"
        case labels = "Labels"
        case comment = "Comment"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(user.id, forKey: .userId)
        try container.encode(user.labels, forKey: .labels)
        try container.encode(user.comment, forKey: .comment)
    }
}

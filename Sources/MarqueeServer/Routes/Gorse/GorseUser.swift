internal import MarqueeLive
internal import MarqueeRuntime

/// gorse's user: `{"UserId": "1", "Labels": {"age": 24}, "Comment": ""}`. `Subscribe`, which gorse has given up, is
/// accepted and means nothing.
struct GorseUser: Encodable {
    let user: CatalogUser

    private static let fields = ["UserId", "Labels", "Comment", "Subscribe"]

    /// The fields that a body gives; what is null or left out is nil.
    struct Change: Sendable {
        var id: String?
        var labels: ConfigValue?
        var comment: String?

        init(_ value: ConfigValue) throws {
            let object = try GorseObject(value, known: fields)
            id = try object.text("UserId")
            labels = object["Labels"]
            comment = try object.text("Comment")
        }

        /// A whole user, who needs an id.
        static func whole(_ value: ConfigValue) throws -> (id: String, change: Change) {
            let change = try Change(value)
            guard let id = change.id else { throw GorseObject.Problem("'UserId' is missing") }
            var user = CatalogUser(id: id)
            change.apply(to: &user)
            if let problem = user.problem { throw problem }
            return (id, change)
        }

        /// Changes what was given.
        func apply(to user: inout CatalogUser) {
            if let labels { user.labels = labels }
            if let comment { user.comment = comment }
        }

        /// Puts it in the place of what gorse's form says of a user; friends stay.
        func replace(_ user: inout CatalogUser) {
            (user.labels, user.comment) = ([], "")
            apply(to: &user)
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

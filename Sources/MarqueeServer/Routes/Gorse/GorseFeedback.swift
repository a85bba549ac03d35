internal import MarqueeLive
internal import MarqueeRuntime

/// What gorse calls feedback: `{"FeedbackType": "click", "UserId": "1", "ItemId": "2", "Timestamp": "2024-05-01T12:00:00Z"}`.
struct GorseFeedback: Encodable {
    var feedback: Feedback

    /// `Updated` is what gorse itself answers, and means nothing when it is sent.
    private static let fields = ["FeedbackType", "UserId", "ItemId", "Value", "Timestamp", "Comment", "Updated"]

    /// gorse's usual names for what has other names here.
    private static let synonyms: [String: EventType] = [
        "read": .view, "star": .favorite, "like": .favorite, "love": .favorite, "buy": .purchase, "rate": .rating,
        "watch": .view, "dislike": .hide, "exposure": .impression,
    ]

    /// The kind of event that a name of feedback stands for.
    static func eventType(_ name: String) throws -> EventType {
        if let type = synonyms[name] { return type }
        if let type = EventType(rawValue: name), type != .retract { return type }
        let known = EventType.allCases.filter { $0 != .retract }.map(\.rawValue) + synonyms.keys
        throw GorseObject.Problem(Spelling.complaint(unknown: "feedback type", String(name.prefix(64)), valid: known))
    }

    init(_ feedback: Feedback) { self.feedback = feedback }

    /// - Throws: ``GorseObject/Problem`` or ``EventProblem``.
    init(_ value: ConfigValue, now: Int64) throws {
        let object = try GorseObject(value, known: Self.fields)
        let name = try object.required("FeedbackType")
        let event = try Self.eventType(name)
        // gorse's clients send 0 for a value that nobody gave.
        let sent = try object.number("Value")
        feedback = Feedback(
            Feedback.Key(type: name, user: try object.required("UserId"), item: try object.required("ItemId")), event,
            value: sent == 0 && event != .rating ? nil : sent, comment: try object.text("Comment") ?? "",
            time: try object.time("Timestamp"))
        if let problem = feedback.problem(at: now) { throw problem }
    }

    /// Of a session: the item that somebody without a name touched, and when.
    static func touch(_ value: ConfigValue) throws -> (item: String, time: Int64) {
        let object = try GorseObject(value, known: fields)
        return (try object.required("ItemId"), try object.time("Timestamp") ?? .max)
    }

    private enum CodingKeys: String, CodingKey {
        case feedbackType = "FeedbackType"
        case userId = "UserId"
        case itemId = "ItemId"
        case value = "Value"
        case timestamp = "Timestamp"
        case comment = "Comment"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(feedback.key.type, forKey: .feedbackType)
        try container.encode(feedback.key.user, forKey: .userId)
        try container.encode(feedback.key.item, forKey: .itemId)
        try container.encode(feedback.value ?? 0, forKey: .value)
        try container.encode(feedback.time.map(GorseTime.text) ?? GorseTime.unknown, forKey: .timestamp)
        try container.encode(feedback.comment, forKey: .comment)
    }
}

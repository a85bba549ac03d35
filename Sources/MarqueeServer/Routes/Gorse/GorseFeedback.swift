internal import MarqueeLive
internal import MarqueeRuntime

/// What gorse calls feedback: `{"FeedbackType": "click", "UserId": "1", "ItemId": "2", "Timestamp": "2024-05-01T12:00:00Z"}`.
struct GorseFeedback: Encodable {
    var feedback: Feedback

    /// `Updated` is what gorse itself answers, and means nothing when it is sent.
    private static let fields = ["FeedbackType", "UserId", "ItemId", "Value", "Timestamp", "Comment", "Updated"]

    init(_ feedback: Feedback) { self.feedback = feedback }

    /// - Throws: ``GorseObject/Problem`` or ``EventProblem``.
    init(_ value: ConfigValue, _ settings: GorseSettings, now: Int64) throws {
        let object = try GorseObject(value, known: Self.fields)
        let name = try object.required("FeedbackType")
        guard name.isName else {
            throw GorseObject.Problem("'FeedbackType' is to be 1 to 256 bytes without control characters")
        }
        let event = settings.eventType(name)
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
        let item = try object.required("ItemId")
        guard item.isName else {
            throw GorseObject.Problem("'ItemId' is to be 1 to 256 bytes without control characters")
        }
        // They tell nothing of a session, and are still what they are to be.
        for name in ["FeedbackType", "UserId", "Comment"] { _ = try object.text(name) }
        _ = try object.number("Value")
        return (item, try object.time("Timestamp") ?? .max)
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

internal import Hummingbird
internal import MarqueeLive

/// `GET` and `DELETE /api/users/{user-id}/feedback`: what somebody did, as it stands.
struct FeedbackRoutes {
    let loop: LiveLoop

    func add(to routes: Endpoints) {
        routes.on(.get, "users/:user-id/feedback", query: Asked.init) { _, context, asked in
            let feedback = try await loop.feedback.feedback(
                of: try Request.name(context, "user-id"), item: asked.item, type: asked.type)
            var json = JSONWriter(capacity: 64 + feedback.count * 96)
            json.object {
                $0.array("feedback") { list in
                    for one in feedback {
                        list.object {
                            $0.write("type", one.key.type)
                            $0.write("item", one.key.item)
                            if let value = one.value { $0.write("value", value) }
                            if !one.comment.isEmpty { $0.write("comment", one.comment) }
                            if let time = one.time { $0.write("time", Int(time)) }
                        }
                    }
                }
            }
            return JSONText.response(json)
        }
        // On return no decision knows of it any more.
        routes.on(.delete, "users/:user-id/feedback", query: Asked.init) { _, context, asked in
            let removed = try await loop.retractFeedback(
                of: try Request.name(context, "user-id"), item: asked.item, type: asked.type)
            return JSONText.response("{\"removed\":\(removed)}")
        }
    }

    /// Of which item and type; nil for all.
    private struct Asked {
        let item: String?
        let type: String?

        init(_ query: inout QueryReader) throws {
            item = try query.text("item")
            type = try query.text("type")
        }
    }
}

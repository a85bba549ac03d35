internal import Hummingbird
internal import MarqueeData
internal import MarqueeLive
internal import MarqueeRuntime

/// gorse's `/api/feedback…`, `/api/user/{user-id}/feedback…` and `/api/item/{item-id}/feedback…`.
struct GorseFeedbackRoutes {
    let loop: LiveLoop
    let reader: BodyReader
    let settings: GorseSettings

    /// What those may do who send events.
    func addSending(to routes: Endpoints) {
        // gorse's POST adds up values or ignores what is there, by its version; here both change what is there.
        routes.on(.post, "feedback") { request, _ in try await put(request) }
        routes.on(.put, "feedback") { request, _ in try await put(request) }
    }

    /// What people did is for those who keep the catalog. The parts of a path are named by their place: what the first one
    /// is depends on how many there are.
    func addReading(to routes: Endpoints) {
        routes.on(.get, "feedback", query: Position.init) { _, _, position in try await page(position, type: nil) }
        routes.on(.get, "feedback/:first", query: Position.init) { _, context, position in
            try await page(position, type: try Request.name(context, "first"))
        }
        routes.on(.get, "feedback/:first/:second") { _, context in
            try await list(
                of: try Request.name(context, "first"), item: try Request.name(context, "second"), type: nil)
        }
        routes.on(.get, "feedback/:first/:second/:third") { _, context in
            let (type, user) = (try Request.name(context, "first"), try Request.name(context, "second"))
            let item = try Request.name(context, "third")
            guard let feedback = try await loop.feedback.feedback(of: user, item: item, type: type).first else {
                throw HTTPError(.notFound, message: "there is no feedback '\(type)' of '\(user)' about '\(item)'")
            }
            return try JSONText.response(encoding: GorseFeedback(feedback))
        }
        routes.on(.delete, "feedback/:first/:second") { _, context in
            try await remove(
                of: try Request.name(context, "first"), item: try Request.name(context, "second"), type: nil)
        }
        routes.on(.delete, "feedback/:first/:second/:third") { _, context in
            try await remove(
                of: try Request.name(context, "second"), item: try Request.name(context, "third"),
                type: try Request.name(context, "first"))
        }
        routes.on(.get, "user/:user-id/feedback") { _, context in
            try await list(of: try Request.name(context, "user-id"), item: nil, type: nil)
        }
        routes.on(.get, "user/:user-id/feedback/:feedback-type") { _, context in
            try await list(
                of: try Request.name(context, "user-id"), item: nil, type: try Request.name(context, "feedback-type"))
        }
        routes.on(.get, "item/:item-id/feedback") { _, context in
            try answer(await loop.feedback.feedback(about: try Request.name(context, "item-id")))
        }
        routes.on(.get, "item/:item-id/feedback/:feedback-type") { _, context in
            try answer(
                await loop.feedback.feedback(
                    about: try Request.name(context, "item-id"), type: try Request.name(context, "feedback-type")))
        }
    }

    private func put(_ request: Request) async throws -> Response {
        let now = loop.configuration.clock()
        let sent = GorseRows(try await reader.json(request)) {
            try GorseFeedback($0, settings, now: now).feedback
        }
        try await addUnknown(sent.rows)
        let changes = try await loop.put(sent.rows)
        return try sent.answer(changes.count { $0 != .unchanged })
    }

    /// Adds the items and users of feedback that the catalog does not know. What was deleted from it stays deleted.
    private func addUnknown(_ feedback: [Feedback]) async throws {
        let catalog = loop.catalog
        var (items, users) = (Vocabulary(), Vocabulary())
        let known = catalog.snapshot.ids
        for key in feedback.lazy.map(\.key) {
            if settings.insertsItems, known.index(of: key.item) == nil { items.insert(key.item) }
            if settings.insertsUsers, catalog.user(key.user) == nil { users.insert(key.user) }
        }
        if items.count > 0 { try await catalog.update(items: items.ids, creating: true) { _, _ in } }
        if users.count > 0 { try await catalog.update(users: users.ids, creating: true) { _, _ in } }
    }

    private struct Page: Encodable {
        var cursor: String
        var feedback: [GorseFeedback]

        enum CodingKeys: String, CodingKey {
            case cursor = "Cursor"
            case feedback = "Feedback"
        }
    }

    /// Which page is asked for.
    private struct Position {
        let count: Int
        let cursor: Int64

        init(_ query: inout QueryReader) throws {
            count = try query.gorseCount(atMost: GorsePage.limit)
            guard let cursor = Int64(try query.gorseText("cursor") ?? "0"), cursor >= 0 else {
                throw HTTPError(
                    .badRequest, message: "'cursor' is none that was answered; leave it out for the first page")
            }
            self.cursor = cursor
        }
    }

    private func page(_ position: Position, type: String?) async throws -> Response {
        let (feedback, next) = try await loop.feedback.feedback(
            after: position.cursor, limit: position.count, type: type)
        return try JSONText.response(
            encoding: Page(cursor: next.map(String.init) ?? "", feedback: feedback.map { GorseFeedback($0) }))
    }

    private func list(of user: String, item: String?, type: String?) async throws -> Response {
        try answer(await loop.feedback.feedback(of: user, item: item, type: type))
    }

    private func answer(_ feedback: [Feedback]) throws -> Response {
        try JSONText.response(encoding: feedback.map { GorseFeedback($0) })
    }

    private func remove(of user: String, item: String, type: String?) async throws -> Response {
        try JSONText.response(
            encoding: GorseSuccess(try await loop.retractFeedback(of: user, item: item, type: type)))
    }
}

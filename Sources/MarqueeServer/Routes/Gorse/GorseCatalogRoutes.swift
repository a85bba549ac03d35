internal import Hummingbird
internal import MarqueeLive
internal import MarqueeRuntime

/// gorse's `/api/item…`, `/api/user…`, and in its form `/api/items` and `/api/users`.
struct GorseCatalogRoutes {
    let loop: LiveLoop
    let reader: BodyReader
    private var catalog: CatalogStore { loop.catalog }

    init(loop: LiveLoop, reader: BodyReader) {
        self.loop = loop
        self.reader = reader
    }

    func addReading(to routes: Endpoints) {
        routes.on(.get, "item/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard let item = try await catalog.item(id) else {
                throw HTTPError(.notFound, message: "there is no item '\(id)'")
            }
            return try JSONText.response(encoding: GorseItem(item: item))
        }
    }

    func addWriting(to routes: Endpoints) {
        routes.on(.post, "item") { request, _ in try await insertItems(try await reader.json(request)) }
        routes.on(.patch, "item/:item-id") { request, context in
            let id = try Request.name(context, "item-id")
            let change = try Self.change(GorseItem.Change.self, of: id, try await reader.json(request))
            return try await changeItem(id) { change.apply(to: &$0) }
        }
        routes.on(.delete, "item/:item-id") { _, context in
            let removed = try await catalog.removeItems([try Request.name(context, "item-id")])
            return try JSONText.response(encoding: GorseSuccess(removed))
        }
        routes.on(.put, "item/:item-id/category/:category") { _, context in
            let category = try Request.name(context, "category")
            return try await changeItem(try Request.name(context, "item-id")) { item in
                if !item.categories.contains(category) { item.categories.append(category) }
            }
        }
        routes.on(.delete, "item/:item-id/category/:category") { _, context in
            let category = try Request.name(context, "category")
            return try await changeItem(try Request.name(context, "item-id")) { item in
                item.categories.removeAll { $0 == category }
            }
        }
        routes.on(.post, "user") { request, _ in try await insertUsers(try await reader.json(request)) }
        routes.on(.get, "user/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            guard let user = catalog.user(id) else { throw HTTPError(.notFound, message: "there is no user '\(id)'") }
            return try JSONText.response(encoding: GorseUser(user: user))
        }
        routes.on(.patch, "user/:user-id") { request, context in
            let id = try Request.name(context, "user-id")
            let change = try Self.change(GorseUser.Change.self, of: id, try await reader.json(request))
            guard try await catalog.update(users: [id], { change.apply(to: &$1) }).count == 1 else {
                throw HTTPError(.notFound, message: "there is no user '\(id)'")
            }
            return try JSONText.response(encoding: GorseSuccess(1))
        }
        routes.on(.delete, "user/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            let feedback = try await loop.retractFeedback(of: id)
            let removed = try await catalog.removeUsers([id])
            return try JSONText.response(encoding: GorseSuccess(removed == 0 && feedback > 0 ? 1 : removed))
        }
    }

    // MARK: Where both have the path

    /// Items by id, a page at a time, or those that were searched for.
    func items(_ asked: GorsePage) async throws -> Response {
        if let words = asked.words {
            return try page(items: try await catalog.search(words, limit: asked.count), cursor: "")
        }
        let (items, cursor) = asked.split(try await catalog.items(after: asked.name, limit: asked.count + 1))
        return try page(items: items, cursor: cursor)
    }

    func users(_ asked: GorsePage) async throws -> Response {
        let (users, cursor) = asked.split(try await catalog.users(after: asked.name, limit: asked.count + 1))
        return try JSONText.response(encoding: Page(cursor: cursor, users: users.map { GorseUser(user: $0) }))
    }

    func insertItems(_ body: ConfigValue) async throws -> Response {
        let sent = GorseRows(body) { try GorseItem.Change.whole($0) }
        let rows = sent.rows
        try await catalog.update(items: rows.map(\.id), creating: true) { rows[$0].change.replace(&$1) }
        return try sent.answer(rows.count)
    }

    func insertUsers(_ body: ConfigValue) async throws -> Response {
        let sent = GorseRows(body) { try GorseUser.Change.whole($0) }
        let rows = sent.rows
        try await catalog.update(users: rows.map(\.id), creating: true) { rows[$0].change.replace(&$1) }
        return try sent.answer(rows.count)
    }

    private struct Page: Encodable {
        var cursor: String
        var items: [GorseItem]?
        var users: [GorseUser]?

        enum CodingKeys: String, CodingKey {
            case cursor = "Cursor"
            case items = "Items"
            case users = "Users"
        }
    }

    private func page(items: [CatalogItem], cursor: String) throws -> Response {
        try JSONText.response(encoding: Page(cursor: cursor, items: items.map { GorseItem(item: $0) }))
    }

    private func changeItem(_ id: String, _ change: @escaping @Sendable (inout CatalogItem) -> Void) async throws
        -> Response
    {
        guard try await catalog.update(items: [id], { change(&$1) }).count == 1 else {
            throw HTTPError(.notFound, message: "there is no item '\(id)'")
        }
        return try JSONText.response(encoding: GorseSuccess(1))
    }

    /// A change whose problem is the asker's.
    private static func change<Change: GorseChange>(_ type: Change.Type, of id: String, _ body: ConfigValue)
        throws(HTTPError) -> Change
    {
        do { return try Change.of(id, body) } catch { throw HTTPError(.badRequest, message: error.description) }
    }
}

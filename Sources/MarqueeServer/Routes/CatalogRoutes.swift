internal import Hummingbird
internal import MarqueeLive
internal import MarqueeRuntime

/// Items and users: one by one under their id, and many at once.
struct CatalogRoutes {
    let loop: LiveLoop
    let reader: BodyReader
    let gorse: GorseCatalogRoutes
    private var catalog: CatalogStore { loop.catalog }

    init(loop: LiveLoop, reader: BodyReader) {
        self.loop = loop
        self.reader = reader
        gorse = GorseCatalogRoutes(loop: loop, reader: reader)
    }

    /// What everybody may read who may ask for recommendations.
    func addReading(to routes: Endpoints) {
        routes.on(.get, "items", query: { try Position(&$0, searches: true) }) { request, _, position in
            if try GorseForm.isAsked(by: request) { return try await gorse.items(position.gorse) }
            let limit = try position.count()
            let items = try await catalog.items(after: position.gorse.name, limit: limit)
            return try JSONText.response(
                encoding: Page(items: items, cursor: items.count == limit ? items.last?.id : nil))
        }
        routes.on(.get, "items/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard let item = try await catalog.item(id) else { throw noItem(id) }
            return try JSONText.response(encoding: item)
        }
        gorse.addReading(to: routes)
    }

    /// What is for those who keep the catalog.
    func addWriting(to routes: Endpoints) {
        addItems(to: routes)
        addUsers(to: routes)
        gorse.addWriting(to: routes)
    }

    private func addItems(to routes: Endpoints) {
        routes.on(.post, "items") { request, _ in
            let body = try await reader.json(request)
            if GorseForm.isUsed(in: body) { return try await gorse.insertItems(body) }
            let items = try reader.many(CatalogItem.self, body)
            try await catalog.put(items)
            return JSONText.response("{\"stored\":\(items.count)}")
        }
        routes.on(.delete, "items") { request, _ in
            let ids = try reader.names(try await reader.json(request))
            return JSONText.response("{\"removed\":\(try await catalog.removeItems(ids))}")
        }
        routes.on(.put, "items/:item-id") { request, context in
            let id = try Request.name(context, "item-id")
            let item = try reader.decode(CatalogItem.self, try await reader.bytes(request))
            guard item.id.hasSameBytes(as: id) else { throw otherID(id, item.id) }
            try await catalog.put([item])
            return try JSONText.response(encoding: item)
        }
        routes.on(.patch, "items/:item-id") { request, context in
            let id = try Request.name(context, "item-id")
            let change = try await reader.json(request)
            let changed = try await catalog.update(items: [id]) { try reader.patch(&$1, with: change) }
            guard let item = changed.first else { throw noItem(id) }
            return try JSONText.response(encoding: item)
        }
        routes.on(.delete, "items/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard try await catalog.removeItems([id]) == 1 else { throw noItem(id) }
            return JSONText.response("{\"removed\":1}")
        }
    }

    private func addUsers(to routes: Endpoints) {
        routes.on(.get, "users", query: { try Position(&$0) }) { request, _, position in
            if try GorseForm.isAsked(by: request) { return try await gorse.users(position.gorse) }
            let limit = try position.count()
            let users = try await catalog.users(after: position.gorse.name, limit: limit)
            return try JSONText.response(
                encoding: Page(items: users, cursor: users.count == limit ? users.last?.id : nil))
        }
        routes.on(.post, "users") { request, _ in
            let body = try await reader.json(request)
            if GorseForm.isUsed(in: body) { return try await gorse.insertUsers(body) }
            let users = try reader.many(CatalogUser.self, body)
            try await catalog.put(users)
            return JSONText.response("{\"stored\":\(users.count)}")
        }
        routes.on(.delete, "users") { request, _ in
            let ids = try reader.names(try await reader.json(request))
            return JSONText.response("{\"removed\":\(try await catalog.removeUsers(ids))}")
        }
        routes.on(.get, "users/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            guard let user = catalog.user(id) else { throw noUser(id) }
            return try JSONText.response(encoding: user)
        }
        routes.on(.put, "users/:user-id") { request, context in
            let id = try Request.name(context, "user-id")
            let user = try reader.decode(CatalogUser.self, try await reader.bytes(request))
            guard user.id.hasSameBytes(as: id) else { throw otherID(id, user.id) }
            try await catalog.put([user])
            return try JSONText.response(encoding: user)
        }
        routes.on(.patch, "users/:user-id") { request, context in
            let id = try Request.name(context, "user-id")
            let change = try await reader.json(request)
            let changed = try await catalog.update(users: [id]) { try reader.patch(&$1, with: change) }
            guard let user = changed.first else { throw noUser(id) }
            return try JSONText.response(encoding: user)
        }
    }

    /// Which page is asked for, in either form.
    private struct Position {
        let gorse: GorsePage
        private let given: Int?

        init(_ query: inout QueryReader, searches: Bool = false) throws {
            gorse = try GorsePage(&query, searches: searches)
            given = try query.integer("n", in: 0...GorsePage.limit)
        }

        /// How many the own form gives.
        func count() throws -> Int {
            let count = given ?? 100
            guard (1...1_000).contains(count) else {
                throw HTTPError(.badRequest, message: "'n' is to be a whole number from 1 to 1000")
            }
            return count
        }
    }

    private struct Page<Entry: Encodable>: Encodable {
        var items: [Entry]
        /// Where the next page begins; nil after the last.
        var cursor: String?
    }

    private func noItem(_ id: String) -> HTTPError { HTTPError(.notFound, message: "there is no item '\(id)'") }
    private func noUser(_ id: String) -> HTTPError { HTTPError(.notFound, message: "there is no user '\(id)'") }
    private func otherID(_ id: String, _ other: String) -> HTTPError {
        HTTPError(.badRequest, message: "the path says '\(id)', the body '\(other)'")
    }
}

extension BodyReader {
    /// Changes the fields of an item or a user that a body names; null clears one. The id stays.
    func patch<Entry: CatalogEntry>(_ entry: inout Entry, with body: ConfigValue) throws {
        guard case .mapping(let changes) = body, case .mapping(let fields) = try ConfigValue(encoding: entry) else {
            throw HTTPError(.badRequest, message: "expected an object of the fields to change, such as {\"title\": …}")
        }
        let changed: Entry = try decode(.mapping(fields.merging(changes) { $1 }))
        guard changed.id.hasSameBytes(as: entry.id) else {
            throw HTTPError(.badRequest, message: "the path says '\(entry.id)', the body '\(changed.id)'")
        }
        entry = changed
    }
}

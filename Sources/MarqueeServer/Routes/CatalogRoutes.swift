internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import MarqueeLive
internal import NIOCore

/// Items and users: one by one under their id, and many at once.
struct CatalogRoutes {
    let catalog: CatalogStore
    let reader: BodyReader

    /// What everybody may read who may ask for recommendations.
    func addReading(to routes: Endpoints) {
        routes.on(.get, "items", query: Position.init) { _, _, position in
            let items = try await catalog.items(after: position.cursor, limit: position.count)
            return try json(Page(items: items, cursor: items.count == position.count ? items.last?.id : nil))
        }
        routes.on(.get, "items/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard let item = try await catalog.item(id) else {
                throw HTTPError(.notFound, message: "there is no item '\(id)'")
            }
            return try json(item)
        }
    }

    /// What is for those who keep the catalog.
    func addWriting(to routes: Endpoints) {
        routes.on(.post, "items") { request, _ in
            let items = try await reader.many(CatalogItem.self, request)
            try await catalog.put(items)
            return JSONText.response("{\"stored\":\(items.count)}")
        }
        routes.on(.put, "items/:item-id") { request, context in
            let id = try Request.name(context, "item-id")
            let item = try reader.decode(CatalogItem.self, try await reader.bytes(request))
            guard item.id == id else {
                throw HTTPError(.badRequest, message: "the path says '\(id)', the body '\(item.id)'")
            }
            try await catalog.put([item])
            return try json(item)
        }
        routes.on(.delete, "items/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard try await catalog.removeItems([id]) == 1 else {
                throw HTTPError(.notFound, message: "there is no item '\(id)'")
            }
            return JSONText.response("{\"removed\":1}")
        }
        routes.on(.get, "users", query: Position.init) { _, _, position in
            let users = try await catalog.users(after: position.cursor, limit: position.count)
            return try json(Page(items: users, cursor: users.count == position.count ? users.last?.id : nil))
        }
        routes.on(.get, "users/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            guard let user = catalog.user(id) else { throw HTTPError(.notFound, message: "there is no user '\(id)'") }
            return try json(user)
        }
        routes.on(.post, "users") { request, _ in
            let users = try await reader.many(CatalogUser.self, request)
            try await catalog.put(users)
            return JSONText.response("{\"stored\":\(users.count)}")
        }
        routes.on(.put, "users/:user-id") { request, context in
            let id = try Request.name(context, "user-id")
            let user = try reader.decode(CatalogUser.self, try await reader.bytes(request))
            guard user.id == id else {
                throw HTTPError(.badRequest, message: "the path says '\(id)', the body '\(user.id)'")
            }
            try await catalog.put([user])
            return try json(user)
        }
        routes.on(.delete, "users/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            guard try await catalog.removeUsers([id]) == 1 else {
                throw HTTPError(.notFound, message: "there is no user '\(id)'")
            }
            return JSONText.response("{\"removed\":1}")
        }
    }

    /// Which page is asked for.
    private struct Position {
        let count: Int
        let cursor: String

        init(_ query: inout QueryReader) throws {
            count = try query.integer("n", in: 1...1_000, standard: 100)
            cursor = try query.text("cursor") ?? ""
        }
    }

    private struct Page<Entry: Encodable>: Encodable {
        var items: [Entry]
        /// Where the next page begins; nil after the last.
        var cursor: String?
    }

    private func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return JSONText.response(ByteBuffer(bytes: try encoder.encode(value)))
    }
}

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
    func addReading(to group: RouterGroup<BasicRequestContext>) {
        group.get("items") { request, _ in
            let query = QueryParameters(request)
            let limit = try query.integer("n", in: 1...1_000, standard: 100)
            let items = try await catalog.items(after: try query.text("cursor") ?? "", limit: limit)
            return try json(Page(items: items, cursor: items.count == limit ? items.last?.id : nil))
        }
        group.get("items/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard let item = try await catalog.item(id) else {
                throw HTTPError(.notFound, message: "there is no item '\(id)'")
            }
            return try json(item)
        }
    }

    /// What is for those who keep the catalog.
    func addWriting(to group: RouterGroup<BasicRequestContext>) {
        group.post("items") { request, _ in
            let items = try await reader.many(CatalogItem.self, request)
            try await catalog.put(items)
            return JSONText.response("{\"stored\":\(items.count)}")
        }
        group.put("items/:item-id") { request, context in
            let id = try Request.name(context, "item-id")
            let item = try reader.decode(CatalogItem.self, try await reader.bytes(request))
            guard item.id == id else {
                throw HTTPError(.badRequest, message: "the path says '\(id)', the body '\(item.id)'")
            }
            try await catalog.put([item])
            return try json(item)
        }
        group.delete("items/:item-id") { _, context in
            let id = try Request.name(context, "item-id")
            guard try await catalog.removeItems([id]) == 1 else {
                throw HTTPError(.notFound, message: "there is no item '\(id)'")
            }
            return JSONText.response("{\"removed\":1}")
        }
        group.get("users") { request, _ in
            let query = QueryParameters(request)
            let limit = try query.integer("n", in: 1...1_000, standard: 100)
            let users = try await catalog.users(after: try query.text("cursor") ?? "", limit: limit)
            return try json(Page(items: users, cursor: users.count == limit ? users.last?.id : nil))
        }
        group.get("users/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            guard let user = catalog.user(id) else { throw HTTPError(.notFound, message: "there is no user '\(id)'") }
            return try json(user)
        }
        group.post("users") { request, _ in
            let users = try await reader.many(CatalogUser.self, request)
            try await catalog.put(users)
            return JSONText.response("{\"stored\":\(users.count)}")
        }
        group.put("users/:user-id") { request, context in
            let id = try Request.name(context, "user-id")
            let user = try reader.decode(CatalogUser.self, try await reader.bytes(request))
            guard user.id == id else {
                throw HTTPError(.badRequest, message: "the path says '\(id)', the body '\(user.id)'")
            }
            try await catalog.put([user])
            return try json(user)
        }
        group.delete("users/:user-id") { _, context in
            let id = try Request.name(context, "user-id")
            guard try await catalog.removeUsers([id]) == 1 else {
                throw HTTPError(.notFound, message: "there is no user '\(id)'")
            }
            return JSONText.response("{\"removed\":1}")
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

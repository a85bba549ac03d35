internal import Foundation
internal import GRDB

extension CatalogStore {
    /// What a catalog's file holds, also while a server writes it; nothing is changed.
    /// - Throws: GRDB's `DatabaseError` when it is no catalog.
    static func contents(of url: URL) throws -> (items: [CatalogItem], people: [CatalogUser]) {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let database = try DatabaseQueue(path: url.path, configuration: configuration)
        return try database.read { db in
            (
                try Row.fetchAll(db, sql: "SELECT * FROM items WHERE NOT deleted ORDER BY place").map(item),
                try Row.fetchAll(db, sql: "SELECT * FROM users ORDER BY id").map(user)
            )
        }
    }
}

public import Foundation
internal import GRDB
public import MarqueeData
internal import MarqueeRuntime
internal import Synchronization

/// Items and users, in SQLite and, for decisions, in memory.
///
/// A change is on disk before it is answered, and in the next decision after that. An item costs its
/// row; a call with many is one transaction and one copy of the columns it touches, O(items).
public final class CatalogStore: Sendable {
    private let database: StateFile
    private let current = Mutex(CatalogSnapshot.Shared(CatalogSnapshot()))
    private let people = Mutex<[NameKey: CatalogUser]>([:])
    private let observers = Mutex<[@Sendable (CatalogSnapshot, Range<Int32>) -> Void]>([])

    /// A catalog in a file of its own; nil keeps it in memory.
    /// - Throws: ``StateFileError``.
    public init(url: URL?) throws {
        database = try StateFile(url, migrator: Self.migrator)
        let (snapshot, people) = try database.read { db in
            var snapshot = CatalogSnapshot()
            let rows = try Row.fetchCursor(db, sql: "SELECT * FROM items ORDER BY place")
            while let row = try rows.next() {
                snapshot.put(Self.item(row))
                if row["deleted"] { snapshot.remove(row["id"]) }
            }
            var people: [NameKey: CatalogUser] = [:]
            let users = try Row.fetchCursor(db, sql: "SELECT * FROM users")
            while let row = try users.next() { people[NameKey(row["id"])] = Self.user(row) }
            return (snapshot, people)
        }
        current.withLock { $0 = CatalogSnapshot.Shared(snapshot) }
        self.people.withLock { $0 = people }
    }

    /// What decisions read.
    public var snapshot: CatalogSnapshot { shared.snapshot }
    var shared: CatalogSnapshot.Shared { current.withLock { $0 } }

    /// The titles of some items, by index, in UTF-8; an item's id where it has none.
    public func titles(_ items: [Int32]) -> [ArraySlice<UInt8>] { shared.snapshot.titles(items) }

    /// Tells of every change, in order, before it is answered: the snapshot and the indices that are new.
    func observe(_ observer: @escaping @Sendable (CatalogSnapshot, Range<Int32>) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// Closes the file, which then is whole without its write-ahead log.
    func close() async { await database.close() }

    // MARK: Items

    public func item(_ id: String) async throws -> CatalogItem? {
        try await database.read { db in
            try Row.fetchOne(db, sql: "SELECT * FROM items WHERE id = ? AND NOT deleted", arguments: [id]).map(
                Self.item)
        }
    }

    /// Items by ascending id from the first one after `cursor` on.
    public func items(after cursor: String = "", limit: Int) async throws -> [CatalogItem] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM items WHERE id > ? AND NOT deleted ORDER BY id LIMIT ?",
                arguments: [cursor, limit]
            ).map(Self.item)
        }
    }

    /// Items that have every word of a text in their id, title, categories, labels or text, whatever their case and accents;
    /// those first that have more of them in the title. O(items).
    public func search(_ text: String, limit: Int) async throws -> [CatalogItem] {
        let words = Self.folded(text).split(whereSeparator: \.isWhitespace)
        guard !words.isEmpty else { return [] }
        return try await database.read { db in
            var found: [(item: CatalogItem, inTitle: Int)] = []
            let rows = try Row.fetchCursor(db, sql: "SELECT * FROM items WHERE NOT deleted ORDER BY id")
            while let row = try rows.next() {
                let item = Self.item(row)
                let title = Self.folded(item.title)
                let inTitle = words.count { title.contains($0) }
                if inTitle < words.count {
                    let all = Self.folded(
                        "\(item.id) \(item.title) \(item.categories.joined(separator: " ")) \(item.labels.json) \(item.text)"
                    )
                    guard words.allSatisfy({ all.contains($0) }) else { continue }
                }
                found.append((item, inTitle))
            }
            return found.enumerated().sorted {
                ($1.element.inTitle, $0.offset) < ($0.element.inTitle, $1.offset)
            }.prefix(limit).map(\.element.item)
        }
    }

    private static func folded(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    /// Adds items, or replaces those that are there, all or none.
    /// - Throws: ``CatalogProblem`` of the first item that may not enter.
    public func put(_ items: [CatalogItem]) async throws {
        for item in items { if let problem = item.problem { throw problem } }
        try await database.writeWithoutTransaction { [self] db in try store(items, db) }
    }

    /// Changes items that are there, all or none: reads them, and stores what becomes of them, with nothing in between.
    /// - Parameters:
    ///   - creating: whether those that are not there are begun; else they are left out.
    ///   - change: told which of `ids` an item is.
    /// - Returns: the changed items.
    /// - Throws: ``CatalogProblem`` of the first that may not enter, and what `change` throws.
    @discardableResult
    public func update(
        items ids: [String], creating: Bool = false,
        _ change: @escaping @Sendable (_ index: Int, inout CatalogItem) throws -> Void
    ) async throws -> [CatalogItem] {
        try await database.writeWithoutTransaction { [self] db in
            var changed: [CatalogItem] = []
            for (index, id) in ids.enumerated() {
                let found = try Row.fetchOne(
                    db, sql: "SELECT * FROM items WHERE id = ? AND NOT deleted", arguments: [id])
                guard var item = found.map(Self.item) ?? (creating ? CatalogItem(id: id) : nil) else { continue }
                try change(index, &item)
                if let problem = item.problem { throw problem }
                changed.append(item)
            }
            if !changed.isEmpty { try store(changed, db) }
            return changed
        }
    }

    private func store(_ items: [CatalogItem], _ db: Database) throws {
        var snapshot = self.snapshot
        try db.inTransaction {
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO items (place, id, title, domain, categories, text, year, time, published, labels, deleted)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
                    ON CONFLICT (place) DO UPDATE SET title = excluded.title, domain = excluded.domain,
                        categories = excluded.categories, text = excluded.text, year = excluded.year,
                        time = excluded.time, published = excluded.published,
                        labels = excluded.labels, deleted = 0
                    """)
            for item in items {
                snapshot.put(item)
                try statement.execute(arguments: [
                    snapshot.ids.index(of: item.id), item.id, item.title, item.domain, Self.text(item.categories),
                    item.text,
                    item.year, item.time, item.isPublished, item.labels.json,
                ])
            }
            return .commit
        }
        publish(snapshot)
    }

    /// Deletes items; ids that are not there are none.
    /// - Returns: how many there were.
    @discardableResult
    public func removeItems(_ ids: [String]) async throws -> Int {
        try await database.writeWithoutTransaction { [self] db in
            var snapshot = self.snapshot
            var removed = 0
            try db.inTransaction {
                for id in ids {
                    try db.execute(sql: "UPDATE items SET deleted = 1 WHERE id = ? AND NOT deleted", arguments: [id])
                    guard db.changesCount > 0 else { continue }
                    removed += 1
                    snapshot.remove(id)
                }
                return .commit
            }
            if removed > 0 { publish(snapshot) }
            return removed
        }
    }

    // MARK: Users

    public func user(_ id: String) -> CatalogUser? { people.withLock { $0[NameKey(id)] } }

    /// Users by ascending id from the first one after `cursor` on.
    public func users(after cursor: String = "", limit: Int) async throws -> [CatalogUser] {
        try await database.read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM users WHERE id > ? ORDER BY id LIMIT ?", arguments: [cursor, limit]
            )
            .map(Self.user)
        }
    }

    /// Adds users, or replaces those that are there, all or none.
    /// - Throws: ``CatalogProblem`` of the first user who may not enter.
    public func put(_ users: [CatalogUser]) async throws {
        for user in users { if let problem = user.problem { throw problem } }
        try await database.writeWithoutTransaction { [self] db in try store(users, db) }
    }

    /// Changes users that are there, all or none; see ``update(items:creating:_:)``.
    @discardableResult
    public func update(
        users ids: [String], creating: Bool = false,
        _ change: @escaping @Sendable (_ index: Int, inout CatalogUser) throws -> Void
    ) async throws -> [CatalogUser] {
        try await database.writeWithoutTransaction { [self] db in
            var changed: [CatalogUser] = []
            for (index, id) in ids.enumerated() {
                guard var user = self.user(id) ?? (creating ? CatalogUser(id: id) : nil) else { continue }
                try change(index, &user)
                if let problem = user.problem { throw problem }
                changed.append(user)
            }
            if !changed.isEmpty { try store(changed, db) }
            return changed
        }
    }

    private func store(_ users: [CatalogUser], _ db: Database) throws {
        try db.inTransaction {
            let statement = try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO users (id, labels, friends, comment) VALUES (?, ?, ?, ?)")
            for user in users {
                try statement.execute(arguments: [user.id, user.labels.json, Self.text(user.friends), user.comment])
            }
            return .commit
        }
        people.withLock { people in for user in users { people[NameKey(user.id)] = user } }
    }

    /// Deletes users; ids that are not there are none.
    /// - Returns: how many there were.
    @discardableResult
    public func removeUsers(_ ids: [String]) async throws -> Int {
        try await database.writeWithoutTransaction { [self] db in
            var removed = 0
            try db.inTransaction {
                for id in ids {
                    try db.execute(sql: "DELETE FROM users WHERE id = ?", arguments: [id])
                    removed += db.changesCount
                }
                return .commit
            }
            people.withLock { people in for id in ids { people[NameKey(id)] = nil } }
            return removed
        }
    }

    /// Erases a user, and from the friends of others.
    /// - Returns: rows that named them.
    func erase(user id: String) async throws -> Int {
        let count = try await database.writeWithoutTransaction { [self] db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            defer { try? db.execute(sql: "PRAGMA secure_delete = OFF") }
            var count = 0
            var changed: [CatalogUser] = []
            try db.inTransaction {
                try db.execute(sql: "DELETE FROM users WHERE id = ?", arguments: [id])
                count += db.changesCount
                changed = try Self.friends(of: id, db).map { user in
                    var user = user
                    user.friends.removeAll { $0.hasSameBytes(as: id) }
                    return user
                }
                for user in changed {
                    try db.execute(
                        sql: "UPDATE users SET friends = ? WHERE id = ?",
                        arguments: [Self.text(user.friends), user.id])
                }
                return .commit
            }
            people.withLock { people in
                people[NameKey(id)] = nil
                for user in changed { people[NameKey(user.id)] = user }
            }
            return count + changed.count
        }
        try await database.checkpoint()
        return count
    }

    /// How many rows name a user.
    func rows(ofUser id: String) async throws -> Int {
        try await database.read { db in
            let own = try Int.fetchOne(db, sql: "SELECT count(*) FROM users WHERE id = ?", arguments: [id]) ?? 0
            return own + (try Self.friends(of: id, db).count)
        }
    }

    /// Writes the file anew, for the sake of pages that were freed before.
    func rewrite() async throws {
        try await database.vacuum()
        try await database.checkpoint()
    }

    private static func friends(of id: String, _ db: Database) throws -> [CatalogUser] {
        try Row.fetchAll(db, sql: "SELECT * FROM users WHERE instr(friends, ?) > 0", arguments: [id]).map(user)
            .filter { $0.friends.contains { $0.hasSameBytes(as: id) } }
    }

    // MARK: Rows

    private func publish(_ snapshot: CatalogSnapshot) {
        var snapshot = snapshot
        snapshot.version += 1
        let next = CatalogSnapshot.Shared(snapshot)
        let before = current.withLock { current in
            defer { current = next }
            return current.snapshot.count
        }
        for observer in observers.withLock({ $0 }) { observer(snapshot, Int32(before)..<Int32(snapshot.count)) }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("catalogue 1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE items (
                        place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, domain TEXT NOT NULL,
                        categories TEXT NOT NULL, text TEXT NOT NULL, year INTEGER, time INTEGER NOT NULL,
                        published INTEGER NOT NULL, deleted INTEGER NOT NULL);
                    CREATE TABLE users (id TEXT PRIMARY KEY, labels TEXT NOT NULL, friends TEXT NOT NULL) WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("catalog 2: labels are any JSON") { db in
            try db.execute(
                sql: """
                    ALTER TABLE items ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
                    ALTER TABLE users ADD COLUMN comment TEXT NOT NULL DEFAULT '';
                    """)
            for row in try Row.fetchAll(db, sql: "SELECT id, labels FROM users") {
                let labels = ConfigValue.list(names(row["labels"]).map(ConfigValue.string))
                try db.execute(sql: "UPDATE users SET labels = ? WHERE id = ?", arguments: [labels.json, row["id"]])
            }
        }
        return migrator
    }

    static func item(_ row: Row) -> CatalogItem {
        CatalogItem(
            id: row["id"], title: row["title"], domain: row["domain"], categories: names(row["categories"]),
            text: row["text"],
            year: row["year"], time: row["time"], isPublished: row["published"],
            labels: ConfigValue(json: row["labels"]) ?? [])
    }

    static func user(_ row: Row) -> CatalogUser {
        CatalogUser(
            id: row["id"], labels: ConfigValue(json: row["labels"]) ?? [], friends: names(row["friends"]),
            comment: row["comment"])
    }

    // A list in one column, a name a line: names have no control characters.
    private static func text(_ names: [String]) -> String { names.joined(separator: "\n") }
    private static func names(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}

extension CatalogStore {
    /// Adds the items of a model's own catalog that are not here yet, so that a model can be served as
    /// it was trained.
    /// - Returns: how many were added.
    @discardableResult
    public func adopt(ids: Vocabulary, _ catalog: Catalog) async throws -> Int {
        let snapshot = snapshot
        let new = (0..<Int32(ids.count)).filter { snapshot.ids.index(of: ids[$0]) == nil }.map { index in
            let entry = catalog[index]
            return CatalogItem(
                id: ids[index], title: entry?.title ?? "", domain: entry?.domain ?? "", categories: entry?.genres ?? [],
                text: entry?.text ?? "", year: entry?.year)
        }
        if !new.isEmpty { try await put(new) }
        return new.count
    }
}

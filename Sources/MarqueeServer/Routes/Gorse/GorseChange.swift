internal import MarqueeLive
internal import MarqueeRuntime

/// The fields that a body in gorse's form gives of an item or a user; what is null or left out is nil.
protocol GorseChange: Sendable {
    associatedtype Entry: CatalogEntry
    /// The names of all fields that a body may have, the id's first.
    static var fields: [String] { get }

    init(_ object: GorseObject) throws(GorseObject.Problem)

    /// Changes what was given.
    func apply(to entry: inout Entry)
    /// Makes of an entry what it is where gorse's form says nothing; what only the own form says stays.
    static func clear(_ entry: inout Entry)
}

extension GorseChange {
    /// A change, and whose it is if the body says so.
    static func read(_ body: ConfigValue) throws(GorseObject.Problem) -> (id: String?, change: Self) {
        let object = try GorseObject(body, known: fields)
        return (try object.text(fields[0]), try Self(object))
    }

    /// A whole entry, which needs an id.
    /// - Throws: ``GorseObject/Problem``, `CatalogProblem`.
    static func whole(_ body: ConfigValue) throws -> (id: String, change: Self) {
        let (id, change) = try read(body)
        guard let id else { throw GorseObject.Problem("'\(fields[0])' is missing") }
        var entry = Entry(id: id)
        change.replace(&entry)
        if let problem = entry.problem { throw problem }
        return (id, change)
    }

    /// A change of the entry that a path names.
    static func of(_ id: String, _ body: ConfigValue) throws(GorseObject.Problem) -> Self {
        let (said, change) = try read(body)
        if let said, !said.hasSameBytes(as: id) {
            throw GorseObject.Problem("the path says '\(id)', the body '\(said)'")
        }
        return change
    }

    /// Puts it in the place of what gorse's form says of an entry.
    func replace(_ entry: inout Entry) {
        Self.clear(&entry)
        apply(to: &entry)
    }
}

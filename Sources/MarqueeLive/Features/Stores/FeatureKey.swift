/// Names a statistic: a feature by its label, and an entity. Keys are equal when their bytes are.
public struct FeatureKey: Sendable, Hashable {
    /// Joins the fields that name an entity; no field can hold it.
    public static let separator = "\u{1F}"

    public let label: String
    /// The entity's fields, joined by ``separator``.
    public let entity: String
    // Keys are hashed for their shard and for its table: once is enough.
    let hash: Int

    public init(label: String, entity: String) {
        self.label = label
        self.entity = entity
        var hasher = Hasher()
        hasher.combine(label)
        hasher.combine(entity)
        hash = hasher.finalize()
    }

    public init(label: String, fields: [String]) {
        self.init(label: label, entity: fields.count == 1 ? fields[0] : fields.joined(separator: Self.separator))
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.hash == b.hash && a.entity.hasSameBytes(as: b.entity) && a.label.hasSameBytes(as: b.label)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

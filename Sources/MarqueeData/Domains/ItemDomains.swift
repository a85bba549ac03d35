/// The media domain of every item, such as book or music, as a column.
///
/// Empty where no domain is known; then everything is of one.
public struct ItemDomains: Sendable, Equatable {
    /// Distinct, in the order of their first item.
    public let names: [String]
    /// By item, an index into ``names``; empty where no domain is known.
    public let indices: [Int32]

    /// No domain is known.
    public init() {
        names = []
        indices = []
    }

    /// Those that a catalog says. O(items).
    public init(_ catalog: Catalog) {
        var names = Vocabulary()
        indices = catalog.items.map { names.insert($0.domain) }
        self.names = names.ids
    }

    public var isEmpty: Bool { indices.isEmpty }

    /// The index of a domain, nil where no item is of it.
    public func index(of name: String) -> Int32? { names.firstIndex(of: name).map { Int32($0) } }

    /// The domain of an item, nil where none is known. O(1).
    public subscript(item: Int32) -> String? { indices.isEmpty ? nil : names[Int(indices[Int(item)])] }

    /// The items of a domain, ascending. O(items).
    public func items(of domain: Int32) -> [Int32] {
        indices.indices.filter { indices[$0] == domain }.map { Int32($0) }
    }
}

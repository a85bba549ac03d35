/// A bijection between outside ids (as files spell them) and dense indices `0..<count`.
public struct Vocabulary: Sendable, Equatable, Codable {
    /// The outside ids, by index.
    public private(set) var ids: [String]
    private var indices: [String: Int32]

    public init() {
        ids = []
        indices = [:]
    }

    /// A vocabulary of distinct ids in this order; of ids that occur twice the first counts.
    public init(_ ids: some Sequence<String>) {
        self.init()
        for id in ids { insert(id) }
    }

    public var count: Int { ids.count }

    /// The index of an outside id, nil when unknown. O(1).
    public func index(of id: String) -> Int32? { indices[id] }

    /// The outside id of an index.
    public subscript(index: Int32) -> String { ids[Int(index)] }

    /// The index of `id`, added at the end when new.
    @discardableResult
    public mutating func insert(_ id: String) -> Int32 {
        if let index = indices[id] { return index }
        let index = Int32(ids.count)
        ids.append(id)
        indices[id] = index
        return index
    }

    public static func == (left: Self, right: Self) -> Bool { left.ids == right.ids }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([String].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(ids)
    }
}

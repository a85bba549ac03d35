public import MarqueeData

/// The catalogue as decisions read it: dense columns by item index. Immutable; a change makes the next one.
///
/// An index belongs to an id for good, also over restarts and when the item is deleted, so that what was
/// decided can be read back.
public struct Shelf: Sendable {
    /// Grows by one with every change.
    public internal(set) var version = 0
    public internal(set) var ids = Vocabulary()
    /// Ids by index: what a decision reads hundreds of, without spelling each anew.
    public internal(set) var names: [String] = []
    public internal(set) var titles: [String] = []
    /// Whether it may be recommended at all: published, not deleted.
    public internal(set) var isOffered: [Bool] = []
    /// When it appears, in milliseconds since 1970.
    public internal(set) var times: [Int64] = []
    /// Index into ``domainNames``.
    public internal(set) var domains: [UInt16] = []
    public internal(set) var domainNames = Vocabulary()
    /// Indices into ``categoryNames``.
    public internal(set) var categories: [[UInt16]] = []
    public internal(set) var categoryNames = Vocabulary()

    public init() {}

    /// How many indices there are, those of deleted items included.
    public var count: Int { isOffered.count }

    public func title(_ item: Int32) -> String {
        let title = titles[Int(item)]
        return title.isEmpty ? names[Int(item)] : title
    }

    /// Whether `item` may be shown at `now`.
    @inlinable public func isOffered(_ item: Int32, at now: Int64) -> Bool {
        isOffered[Int(item)] && times[Int(item)] <= now
    }

    mutating func put(_ item: CatalogueItem) {
        let index = Int(ids.insert(item.id))
        let domain = Self.code(domainNames.insert(item.domain))
        let codes = item.categories.map { Self.code(categoryNames.insert($0)) }
        if index == count {
            names.append(item.id)
            titles.append(item.title)
            isOffered.append(item.isPublished)
            times.append(item.time)
            domains.append(domain)
            categories.append(codes)
        } else {
            titles[index] = item.title
            isOffered[index] = item.isPublished
            times[index] = item.time
            domains[index] = domain
            categories[index] = codes
        }
    }

    /// Deletes an item; its index stays taken.
    mutating func remove(_ id: String) {
        guard let index = ids.index(of: id) else { return }
        isOffered[Int(index)] = false
        titles[Int(index)] = ""
        categories[Int(index)] = []
    }

    /// The last code stands for all names beyond 65,535, which are then told apart no more.
    private static func code(_ index: Int32) -> UInt16 { UInt16(clamping: index) }
}

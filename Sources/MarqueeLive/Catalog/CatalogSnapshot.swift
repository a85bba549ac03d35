public import MarqueeData
public import MarqueeRuntime

/// The catalog as decisions read it: dense columns by item index. Immutable; a change makes the next one.
///
/// An index belongs to an id for good, also over restarts and when the item is deleted, so that what was
/// decided can be read back.
public struct CatalogSnapshot: Sendable {
    /// One snapshot that many decisions hold at once: one count of references, not one a column.
    final class Shared: Sendable {
        let snapshot: CatalogSnapshot
        init(_ snapshot: CatalogSnapshot) { self.snapshot = snapshot }
    }

    /// Grows by one with every change.
    public internal(set) var version = 0
    public internal(set) var ids = Vocabulary()
    /// Ids by index: what a decision reads hundreds of, without spelling each anew.
    public internal(set) var names: [String] = []
    private var titles = TextColumn()
    /// When it appears, in milliseconds since 1970.
    public internal(set) var times: [Int64] = []
    /// `Int32.min` where there is none.
    private var years: [Int32] = []
    /// From when on it may be recommended: its time, or never, for what is not published or deleted. Asked for of
    /// every candidate, and so in one column.
    @usableFromInline var offeredFrom: [Int64] = []
    /// Index into ``domainNames``.
    public internal(set) var domains: [UInt16] = []
    public internal(set) var domainNames = Vocabulary()
    /// Indices into ``categoryNames``.
    public internal(set) var categories: [[UInt16]] = []
    public internal(set) var categoryNames = Vocabulary()

    /// What else is known of each item, as any JSON.
    public internal(set) var labels: [ConfigValue] = []

    public init() {}

    /// How many indices there are, those of deleted items included.
    public var count: Int { offeredFrom.count }

    /// The title of an item; its id where it has none.
    public func title(_ item: Int32) -> String { title(titles[Int(item)], of: item) }

    private func title(_ title: String, of item: Int32) -> String { title.isEmpty ? names[Int(item)] : title }

    /// The titles of some items, in UTF-8 as they lie in memory.
    func titles(_ items: [Int32]) -> [ArraySlice<UInt8>] {
        zip(titles.utf8(items), items).map { $0.isEmpty ? ArraySlice(names[Int($1)].utf8) : $0 }
    }

    /// The words of its title and its categories, each once.
    func words(_ item: Int32) -> [String] {
        SearchWords.of(
            ([titles[Int(item)]] + categories[Int(item)].map { categoryNames[Int32($0)] }).joined(separator: " "))
    }

    /// The year that its editors gave it.
    func year(_ item: Int32) -> Int32? { years[Int(item)] == .min ? nil : years[Int(item)] }

    /// Whether `item` may be shown at `now`.
    @inlinable public func isOffered(_ item: Int32, at now: Int64) -> Bool {
        offeredFrom[Int(item)] <= now
    }

    /// Removes what may not be shown at `now`.
    func removeUnoffered(from items: inout [Int32], at now: Int64) {
        items.removeAll { offeredFrom[Int($0)] > now }
    }

    mutating func put(_ item: CatalogItem) {
        let index = Int(ids.insert(item.id))
        let domain = Self.code(domainNames.insert(item.domain))
        let codes = item.categories.map { Self.code(categoryNames.insert($0)) }
        let year = item.year.map { Int32(clamping: $0) } ?? .min
        let from = item.isPublished ? item.time : .max
        if index == count {
            names.append(item.id)
            titles.append(item.title)
            times.append(item.time)
            years.append(year)
            offeredFrom.append(from)
            domains.append(domain)
            categories.append(codes)
            labels.append(item.labels)
        } else {
            titles[index] = item.title
            times[index] = item.time
            years[index] = year
            offeredFrom[index] = from
            domains[index] = domain
            categories[index] = codes
            labels[index] = item.labels
        }
    }

    /// Deletes an item; its index stays taken.
    mutating func remove(_ id: String) {
        guard let index = ids.index(of: id) else { return }
        offeredFrom[Int(index)] = .max
        titles[Int(index)] = ""
        categories[Int(index)] = []
        labels[Int(index)] = []
    }

    /// The last code stands for all names beyond 65,535, which are then told apart no more.
    private static func code(_ index: Int32) -> UInt16 { UInt16(clamping: index) }
}

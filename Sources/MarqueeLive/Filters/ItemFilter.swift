internal import MarqueeData
public import MarqueeRuntime

/// Which items are wanted, by what the catalog says of them: all that is said has to hold.
///
///     { "domains": ["movie"], "categories": ["Horror", "Thriller"], "without": ["Comedy"], "years": { "from": 1980 } }
public struct ItemFilter: Configuration, Encodable, Equatable {
    /// Of one of these domains; empty for any.
    public var domains: [String]
    /// Of one of these categories at least; empty for any.
    public var categories: [String]
    /// Of none of these categories.
    public var without: [String]
    /// Of these years; an item without a year is of none.
    public var years: Bounds
    /// What its labels are, as any JSON: of an object every field has to hold, of a list one of its entries, and a text or
    /// number holds where the label is the same or a list that has it: `{ "language": ["de", "en"], "tags": "noir" }`.
    public var labels: ConfigValue
    /// Appeared within these times, in milliseconds since 1970; an item without a time did not.
    public var times: Bounds

    /// From one number to another, both included; an end that is not said is open.
    public struct Bounds: Configuration, Encodable, Equatable {
        public var from: Int64?
        public var to: Int64?

        public init(from: Int64? = nil, to: Int64? = nil) {
            self.from = from
            self.to = to
        }

        public static let defaults = Bounds()

        public func validate() throws {
            if let from, let to, from > to {
                throw ConfigurationError("from \(from) to \(to) there is nothing; give the lower number as 'from'")
            }
        }

        var isOpen: Bool { from == nil && to == nil }
        func contains(_ number: Int64) -> Bool { number >= from ?? .min && number <= to ?? .max }
    }

    public init(
        domains: [String] = [], categories: [String] = [], without: [String] = [], years: Bounds = Bounds(),
        times: Bounds = Bounds(), labels: ConfigValue = [:]
    ) {
        self.domains = domains
        self.categories = categories
        self.without = without
        self.years = years
        self.times = times
        self.labels = labels
    }

    public static let defaults = ItemFilter()
}

/// An ``ItemFilter`` in the codes of one catalog.
struct ItemCondition: Sendable {
    /// Nil for any; a name that no item has stands for no code.
    private let domains: [UInt16]?
    private let categories: [UInt16]?
    private let without: [UInt16]
    private let years: ItemFilter.Bounds
    private let times: ItemFilter.Bounds
    private let labels: ConfigValue

    init(_ filter: ItemFilter, _ snapshot: CatalogSnapshot) {
        func code(_ index: Int32?) -> UInt16? { index.map { UInt16(clamping: $0) } }
        domains = filter.domains.isEmpty ? nil : filter.domains.compactMap { code(snapshot.domainNames.index(of: $0)) }
        func codes(_ names: [String]) -> [UInt16] { names.compactMap { code(snapshot.categoryNames.index(of: $0)) } }
        categories = filter.categories.isEmpty ? nil : codes(filter.categories)
        without = codes(filter.without)
        years = filter.years
        times = filter.times
        labels = filter.labels
    }

    func holds(_ item: Int32, _ snapshot: CatalogSnapshot) -> Bool {
        let index = Int(item)
        if let domains, !domains.contains(snapshot.domains[index]) { return false }
        let own = snapshot.categories[index]
        if let categories, !own.contains(where: categories.contains) { return false }
        if own.contains(where: without.contains) { return false }
        if !years.isOpen {
            guard let year = snapshot.year(item), years.contains(Int64(year)) else { return false }
        }
        if !times.isOpen {
            let time = snapshot.times[index]
            guard time > 0, times.contains(time) else { return false }
        }
        return labels.holds(of: snapshot.labels[index])
    }
}

extension ConfigValue {
    /// Whether labels are what is wanted of them; see ``ItemFilter/labels``. Nothing wanted always holds.
    func holds(of labels: ConfigValue) -> Bool {
        switch (self, labels) {
        case (.null, _), (.list([]), _): true
        case (.mapping(let wanted), .mapping(let own)):
            wanted.allSatisfy { key, value in own[key].map { value.holds(of: $0) } ?? false }
        case (.mapping(let wanted), _): wanted.isEmpty
        case (.list(let wanted), _): wanted.contains { $0.holds(of: labels) }
        case (_, .list(let own)): own.contains { holds(of: $0) }
        case (.integer(let wanted), .number(let own)): Double(wanted) == own
        case (.number(let wanted), .integer(let own)): wanted == Double(own)
        default: self == labels
        }
    }
}

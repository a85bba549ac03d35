public import MarqueeRuntime

/// Fills in what is not known of items and users: `impute`, or `{ impute: unknown }`.
///
/// A missing year becomes the median of those known (the lower of two). Missing genres and user attributes
/// become the most frequent value, of equals the first by name, or with `unknown` a value of that name,
/// which keeps those apart of whom nothing is known. An attribute that is known of nobody stays as it is.
/// Interactions have no gaps: readers refuse them. O(items + users · attributes).
public struct Imputation: Configuration, Hashable, Encodable {
    public enum Category: String, Sendable, Codable, CaseIterable {
        case mostFrequent = "most-frequent"
        case unknown
    }

    /// What stands for a missing genre or attribute.
    public var category: Category

    public init(_ category: Category = .mostFrequent) { self.category = category }

    func apply(to dataset: Dataset) -> (Dataset, String) {
        var result = dataset
        var told: [String] = []
        func tell(_ count: Int, _ what: String, _ value: String) {
            if count > 0 { told.append("\(count.grouped) \(what) by \(value)") }
        }
        let items = dataset.catalog.items
        let years = items.compactMap(\.year).sorted()
        if !years.isEmpty {
            let median = years[(years.count - 1) / 2]
            for index in items.indices where items[index].year == nil { result.catalog.items[index].year = median }
            tell(items.count - years.count, "years", "\(median)")
        }
        if let genre = value(for: items.lazy.flatMap(\.genres)) {
            for index in items.indices where items[index].genres.isEmpty {
                result.catalog.items[index].genres = [genre]
            }
            tell(items.count { $0.genres.isEmpty }, "items' genres", "'\(genre)'")
        }
        for (name, column) in dataset.userAttributes.sorted(by: { $0.key < $1.key }) {
            guard let filler = value(for: column.lazy.filter { !$0.isEmpty }) else { continue }
            result.userAttributes[name] = column.map { $0.isEmpty ? filler : $0 }
            tell(column.count { $0.isEmpty }, "users' \(name)", "'\(filler)'")
        }
        return (result, told.isEmpty ? "nothing was missing" : "filled in " + told.joined(separator: ", "))
    }

    /// What stands for a missing value beside these; nil when there are none.
    private func value(for known: some Sequence<String>) -> String? {
        var counts: [String: Int] = [:]
        for value in known { counts[value, default: 0] += 1 }
        guard !counts.isEmpty else { return nil }
        if category == .unknown { return "unknown" }
        return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }

    public static let defaults = Imputation()
    public static func spelledOut(_ value: ConfigValue) -> ConfigValue {
        if case .mapping = value { value } else { ["category": value] }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(category)
    }
}

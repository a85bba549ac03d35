/// What a catalog knows of items, as numbers: genres and domains one-hot, years standardized to mean 0 and
/// deviation 1 over the items that have one.
public struct ItemFeatures: Sendable, Equatable {
    /// Such as `genre drama`, `domain news` and `year`, in order of the columns.
    public let names: [String]
    /// Items × features; 0, the mean, where a year is not known.
    public let matrix: InteractionMatrix

    /// Nil where the catalog has nothing to tell items apart by. O(items · genres an item).
    public init?(_ catalog: Catalog, itemCount: Int) {
        let items = catalog.items.prefix(itemCount)
        let genres = catalog.genres(itemCount: itemCount)
        let domains = Vocabulary(Set(items.map(\.domain)).sorted())
        let years = items.compactMap { $0.year.map(Double.init) }
        let mean = years.reduce(0, +) / Double(max(1, years.count))
        let deviation = (years.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, years.count))).squareRoot()
        var names = genres.names.map { "genre \($0)" }
        let firstDomain = names.count
        if domains.count > 1 { names += domains.ids.map { "domain \($0)" } }
        let year = names.count
        if deviation > 0 { names.append("year") }
        guard !names.isEmpty else { return nil }
        var (offsets, columns, values): ([Int], [Int32], [Float]) = ([0], [], [])
        for item in 0..<itemCount {
            if items.indices.contains(item) {
                let known = items[item]
                for genre in genres.matrix[Int32(item)] {
                    columns.append(genre)
                    values.append(1)
                }
                if domains.count > 1, let domain = domains.index(of: known.domain) {
                    columns.append(Int32(firstDomain) + domain)
                    values.append(1)
                }
                if deviation > 0, let own = known.year {
                    columns.append(Int32(year))
                    values.append(Float((Double(own) - mean) / deviation))
                }
            }
            offsets.append(columns.count)
        }
        self.names = names
        matrix = InteractionMatrix(
            rowCount: itemCount, columnCount: names.count, offsets: offsets, columns: columns, values: values)
    }
}

extension Catalog {
    /// Which items are of which genre, names in lower case and in order: items × genres, binary.
    public func genres(itemCount: Int) -> (names: [String], matrix: InteractionMatrix) {
        let names = Vocabulary(Set(items.prefix(itemCount).flatMap(\.genres).map { $0.lowercased() }).sorted())
        var (offsets, columns): ([Int], [Int32]) = ([0], [])
        for item in 0..<Int32(itemCount) {
            columns += Set((self[item]?.genres ?? []).compactMap { names.index(of: $0.lowercased()) }).sorted()
            offsets.append(columns.count)
        }
        return (
            names.ids,
            InteractionMatrix(
                rowCount: itemCount, columnCount: names.count, offsets: offsets, columns: columns,
                values: [Float](repeating: 1, count: columns.count))
        )
    }
}

internal import MarqueeData
internal import MarqueeRuntime

/// How behaviors go together.
extension DatasetPage {
    var behaviors: Page.Section? {
        guard let statistics = description.behaviorStatistics else { return nil }
        let names = statistics.behaviors.map(\.name)
        var counts = Page.Table(
            "To predict: \(names[statistics.target])",
            columns: [
                ("behavior", false), ("interactions", true), ("distinct pairs", true), ("users", true), ("items", true),
                ("of all pairs", true),
            ])
        for behavior in statistics.behaviors {
            counts.append([
                behavior.name, behavior.interactions.grouped, behavior.pairs.grouped, behavior.users.grouped,
                behavior.items.grouped, Figures.percent(behavior.density, digits: 3),
            ])
        }
        return Page.Section(
            title: "Behaviors",
            blocks: [
                .table(counts),
                .table(
                    heatMap("Correlation of behaviors over all pairs (φ)", names) { statistics.correlation($0, $1) }),
                .table(
                    heatMap("Of the row's pairs, how many are the column's too", names, asPercent: true) {
                        statistics.share(of: $0, in: $1)
                    }),
            ])
    }

    private func heatMap(_ caption: String, _ names: [String], asPercent: Bool = false, _ value: (Int, Int) -> Double)
        -> Page.Table
    {
        var table = Page.Table(caption, columns: [("", false)] + names.map { ($0, true) })
        table.isHalf = true
        for (row, name) in names.enumerated() {
            table.append(
                [name]
                    + names.indices.map {
                        asPercent ? Figures.percent(value(row, $0)) : Figures.fixed(value(row, $0), 3)
                    })
            for column in names.indices { table.shade(row: row, column: column + 1, by: value(row, column)) }
        }
        return table
    }
}

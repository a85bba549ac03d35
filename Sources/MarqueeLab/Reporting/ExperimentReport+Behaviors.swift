internal import MarqueeData

/// How behaviors go together, and what models make of them.
extension ExperimentReport {
    var behaviors: Page.Section? {
        guard let statistics = result.data.behaviors else { return nil }
        let names = statistics.behaviors.map(\.name)
        var counts = Page.Table(
            "Behaviors of the data before the split; to predict: \(names[statistics.target])",
            columns: [("behavior", false), ("interactions", true), ("distinct pairs", true), ("users", true), ("items", true), ("of all pairs", true)])
        for behavior in statistics.behaviors {
            counts.append([
                behavior.name, behavior.interactions.grouped, behavior.pairs.grouped, behavior.users.grouped,
                behavior.items.grouped, Figures.percent(behavior.density, digits: 3),
            ])
        }
        var section = Page.Section(
            title: "Behaviors",
            blocks: [
                .table(counts),
                .table(heatMap("Correlation of behaviors over all pairs (φ)", names) { statistics.correlation($0, $1) }),
                .table(
                    heatMap("Of the row's pairs, how many are the column's too", names, asPercent: true) { statistics.share(of: $0, in: $1) }),
            ])
        if let weights = learnedWeights(names) { section.blocks.append(weights) }
        return section
    }

    private func heatMap(_ caption: String, _ names: [String], asPercent: Bool = false, _ value: (Int, Int) -> Double) -> Page.Table {
        var table = Page.Table(caption, columns: [("", false)] + names.map { ($0, true) })
        table.isHalf = true
        for (row, name) in names.enumerated() {
            table.append([name] + names.indices.map { asPercent ? Figures.percent(value(row, $0)) : Figures.fixed(value(row, $0), 3) })
            for column in names.indices { table.shade(row: row, column: column + 1, by: value(row, column)) }
        }
        return table
    }

    private func learnedWeights(_ names: [String]) -> Page.Block? {
        let models = result.models.compactMap { model in model.behaviorWeights.map { (name: model.name, weights: $0) } }
        guard !models.isEmpty else { return nil }
        return .chart(
            Page.Chart(
                kind: .bar, title: "Learned weights of behaviors", labels: names,
                series: models.map { model in .init(name: model.name, values: names.map { model.weights[$0] }) }, yTitle: "weight",
                isWide: models.count * names.count > 16))
    }
}

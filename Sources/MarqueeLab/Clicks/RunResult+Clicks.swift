internal import MarqueeEvaluation
internal import MarqueeRuntime

/// Of an experiment on impressions: figures over all that was shown.
extension RunResult {
    /// Whether it is one.
    var isOfImpressions: Bool { models.contains { !$0.clicks.isEmpty } }

    /// Those of some model, in order.
    var clickFigures: [String] {
        var names: [String] = []
        for model in models {
            for (name, _) in model.clicks.flatMap(\.figures) where !names.contains(name) { names.append(name) }
        }
        return names
    }

    func isBest(_ model: Model, _ figure: String) -> Bool {
        func merit(_ model: Model) -> Double? {
            model.mean(of: figure).map { ClickResult.isLoss(figure) ? -$0 : $0 }
        }
        guard let best = models.map(merit).best else { return false }
        return merit(model) == best
    }

    /// The figures over all that was shown, and then those within impressions.
    func clickTable() -> TextTable {
        let figures = clickFigures
        var table = TextTable(
            caption: caption,
            columns: [("model", .left)] + figures.map { ($0, .right) } + metrics.map { ("\($0)", .right) }
                + [("fit", .right)])
        func cell(_ mean: Double?, _ values: [Double], isBest: Bool) -> TextTable.Cell {
            guard let mean else { return "–" }
            let spread = Self.deviation(values).map { $0 >= 0.00005 ? " ±\(Figures.metric($0))" : "" } ?? ""
            return TextTable.Cell(Figures.metric(mean) + spread, isEmphasized: isBest)
        }
        for (name, model) in rows {
            guard let model else {
                table.append(
                    [TextTable.Cell(name), "not fitted"]
                        + Array(repeating: "–", count: table.columns.count - 2))
                continue
            }
            table.append(
                [TextTable.Cell(name)]
                    + figures.map { cell(model.mean(of: $0), model.perSeed($0), isBest: isBest(model, $0)) }
                    + metrics.map { cell(model.mean($0), model.perSeed($0), isBest: isBest(model, $0)) }
                    + [TextTable.Cell(Figures.duration(model.seconds))])
        }
        table.notes =
            remarks + [
                "AUC and NDCG alone are within an impression; ECE of ten bins of equal width; scores that are no probabilities have no log loss"
            ]
        return table
    }

    /// The sample standard deviation; nil of one value.
    static func deviation(_ values: [Double]) -> Double? {
        guard values.count > 1 else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
}

extension RunResult.Model {
    /// What was found of clicks, one a fit; empty of other experiments.
    var clicks: [ClickResult] { fits.compactMap { $0.protocolResults[0].clicks } }

    func perSeed(_ figure: String) -> [Double] {
        clicks.compactMap { $0.figures.first { $0.name == figure }?.value }
    }

    /// The mean over fits; nil where its scores do not have the figure.
    func mean(of figure: String) -> Double? {
        let values = perSeed(figure)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}

internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

/// Of an experiment on impressions: figures over all that was shown, and whether probabilities are ones.
extension ExperimentReport {
    var clicks: [Page.Section] {
        guard result.isOfImpressions else { return [] }
        return [clickFigures, reliability].compactMap { $0 }
    }

    private var clickFigures: Page.Section {
        let figures = result.clickFigures
        var table = Page.Table(result.caption, columns: [("model", false)] + figures.map { ($0, true) })
        for model in result.models {
            table.append(
                [(model.name, "", false)]
                    + figures.map { name in
                        (
                            model.mean(of: name).map(Figures.metric) ?? "–",
                            RunResult.deviation(model.perSeed(name)).map { "±\(Figures.metric($0))" } ?? "",
                            result.isBest(model, name)
                        )
                    })
        }
        return Page.Section(
            title: "All that was shown",
            text:
                "Over all candidates of all impressions: AUC; gAUC, the mean of people's own, weighted by what they were shown; of probabilities their log loss and calibration error. The log shows only what some policy chose to show.",
            blocks: [.table(table)])
    }

    private var reliability: Page.Section? {
        let models = result.models.compactMap { model in
            model.clicks.first?.calibration.map { (name: model.name, bins: $0.bins) }
        }
        guard !models.isEmpty else { return nil }
        let edges = (0..<10).map { Double($0) / 10 }
        let series = models.map { model in
            Page.Chart.Series(
                name: model.name,
                values: edges.map { edge in
                    model.bins.first { $0.meanPrediction >= edge && $0.meanPrediction < edge + 0.1 }?.clickRate
                })
        }
        var table = Page.Table(
            "Bins of the first seed",
            columns: [("model", false), ("candidates", true), ("predicted", true), ("clicked", true)])
        for model in models {
            for bin in model.bins {
                table.append([
                    model.name, bin.count.grouped, Figures.metric(bin.meanPrediction), Figures.metric(bin.clickRate),
                ])
            }
        }
        return Page.Section(
            title: "Reliability",
            text: "How often what was given a probability was clicked: right on the diagonal, first seed.",
            blocks: [
                .chart(
                    Page.Chart(
                        kind: .line, title: "Clicked by predicted",
                        labels: edges.map { Figures.fixed($0 + 0.05, 2) },
                        series: series + [.init(name: "right", values: edges.map { $0 + 0.05 })],
                        xTitle: "predicted", yTitle: "clicked")),
                .table(table),
            ])
    }
}

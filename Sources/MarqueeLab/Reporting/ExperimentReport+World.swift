internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeRuntime

extension ExperimentReport {
    /// Where the models stand between the floors and the ceilings of the media world; nil of other data.
    var world: Page.Section? {
        guard let world = result.data.world else { return nil }
        let floor = world.clickThrough(of: .recentPopularity)
        let ceiling = world.clickThrough(of: .informed)
        var rows = world.rows.map { (name: $0.ranker.rawValue, rate: $0.clickThrough) }
        for model in result.models {
            if let mean = model.mean(Metric(.clickThrough)) { rows.append((model.name, mean)) }
        }
        var table = Page.Table(
            "Floors, models and ceilings", columns: [("ranker", false), ("CTR", true), ("of the way", true)])
        for row in rows.sorted(by: { $0.rate < $1.rate }) {
            let way = (row.rate - floor) / max(ceiling - floor, 1e-12)
            table.append([row.name, Figures.metric(row.rate), Figures.percent(way, digits: 0)])
        }
        return Page.Section(
            title: "Between floors and ceilings",
            text:
                "Slates at \(world.moments.grouped) requests of the test days, by the clicks that the world's truth expects over "
                + "the items shown. The way goes from popularity of late to the ceiling of who knows the world's numbers but "
                + "sees only the log; Documentation/MediaWorld.md says what that ceiling leaves out.",
            blocks: [.table(table)])
    }
}

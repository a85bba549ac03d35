internal import Foundation
public import MarqueeData
internal import MarqueeRuntime

/// A data set to look at: counts, genres and ratings (the NCF movie paper's Figures 1 and 2), activity,
/// interactions over time, and how behaviors go together.
public struct DatasetPage: Sendable {
    let description: DatasetDescription
    /// Of how it was read.
    let notes: [DataNote]

    public init(_ description: DatasetDescription, notes: [DataNote] = []) {
        self.description = description
        self.notes = notes
    }

    /// One file that needs no other and no network.
    public func html() throws -> String { try page().html() }

    func page() -> Page {
        let counts = description.counts
        var page = Page(
            title: description.name, lead: Self.lead(description),
            footer: "Written by marquee on \(Date().formatted(.iso8601.year().month().day())).")
        page.cards = [
            .init(value: counts.users.grouped, label: "users"), .init(value: counts.items.grouped, label: "items"),
            .init(value: counts.interactions.grouped, label: "interactions"),
            .init(value: Figures.percent(description.density, digits: 2), label: "of all pairs"),
            .init(
                value: Figures.percent(description.longTail.top10, digits: 0),
                label: "of interactions on the top 10 % of items"),
        ]
        var table = Page.Table("In figures", columns: [("figure", false), ("value", false)])
        for (name, value) in Self.rows(description) { table.append([name, value]) }
        page.sections =
            [Page.Section(title: "Counts", blocks: [.table(table)] + noted)] + [behaviors].compactMap { $0 } + figures
        return page
    }

    /// What the reader took for granted, changed or left out.
    var noted: [Page.Block] { notes.map { .note($0.text) } }

    /// The distributions, one section.
    var figures: [Page.Section] {
        var blocks: [Page.Block] = []
        if !description.genres.isEmpty {
            blocks.append(
                .chart(
                    Page.Chart(
                        kind: .rows, title: "Items by genre", labels: description.genres.map(\.name),
                        series: [.init(name: "items", values: description.genres.map { Double($0.items) })], xTitle: "")
                ))
        }
        if !description.ratings.isEmpty {
            blocks.append(
                .chart(
                    Page.Chart(
                        kind: .bar, title: "Interactions by rating",
                        labels: description.ratings.map {
                            $0.value == $0.value.rounded() ? "\(Int($0.value))" : "\($0.value)"
                        },
                        series: [
                            .init(name: "interactions", values: description.ratings.map { Double($0.interactions) })
                        ],
                        xTitle: "rating", yTitle: "interactions")))
        }
        for (name, activity) in [("Users", description.userActivity), ("Items", description.itemActivity)]
        where !activity.histogram.isEmpty {
            blocks.append(
                .chart(
                    Page.Chart(
                        kind: .bar, title: "\(name) by number of interactions",
                        labels: activity.histogram.map {
                            $0.from == $0.through ? "\($0.from)" : "\($0.from)–\($0.through)"
                        },
                        series: [.init(name: name.lowercased(), values: activity.histogram.map { Double($0.count) })],
                        xTitle: "interactions", yTitle: name.lowercased())))
        }
        if description.months.count > 1 {
            blocks.append(
                .chart(
                    Page.Chart(
                        kind: .line, title: "Interactions by month", labels: description.months.map(\.month),
                        series: [
                            .init(name: "interactions", values: description.months.map { Double($0.interactions) })
                        ],
                        yTitle: "interactions")))
        }
        return blocks.isEmpty ? [] : [Page.Section(title: "What the data looks like", blocks: blocks)]
    }

    private static func lead(_ description: DatasetDescription) -> String {
        let span =
            description.oldestDate.flatMap { oldest in description.newestDate.map { " from \(oldest) to \($0)" } } ?? ""
        return
            "\(description.counts.interactions.grouped) interactions of \(description.counts.users.grouped) users with "
            + "\(description.counts.items.grouped) items\(span)."
    }

    /// The figures for a terminal.
    public static func table(_ description: DatasetDescription) -> TextTable {
        var table = TextTable(caption: description.name, columns: [("figure", .left), ("value", .right)])
        for (name, value) in rows(description) { table.append([.init(name), .init(value)]) }
        return table
    }

    private static func rows(_ description: DatasetDescription) -> [(name: String, value: String)] {
        let counts = description.counts
        var rows = [
            ("users", counts.users.grouped), ("items", counts.items.grouped),
            ("items with interactions", description.activeItems.grouped), ("interactions", counts.interactions.grouped),
            ("distinct pairs", description.pairs.grouped), ("density", Figures.percent(description.density, digits: 3)),
        ]
        if description.behaviors.count > 1 {
            rows += description.behaviors.map { ("… \($0.name)", $0.interactions.grouped) }
        }
        if let oldest = description.oldestDate, let newest = description.newestDate {
            rows.append(("time", "\(oldest) … \(newest)"))
        }
        if let mean = description.meanRating { rows.append(("mean rating", Figures.fixed(mean, 3))) }
        for (name, activity) in [("user", description.userActivity), ("item", description.itemActivity)] {
            rows.append(
                (
                    "interactions per \(name)",
                    "\(activity.minimum.grouped) … \(activity.maximum.grouped), median \(Figures.short(activity.median)), mean \(Figures.fixed(activity.mean, 1))"
                ))
        }
        let tail = description.longTail
        rows.append(
            (
                "share of top 1 / 10 / 20 % of items",
                [tail.top1, tail.top10, tail.top20].map { Figures.percent($0) }.joined(separator: " / ")
            ))
        rows.append(("Gini over items", Figures.fixed(tail.gini, 3)))
        if !description.genres.isEmpty {
            rows.append(
                (
                    "genres",
                    description.genres.prefix(5).map { "\($0.name) \($0.items.grouped)" }.joined(separator: ", ")
                ))
        }
        return rows
    }
}

import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Reports stand alone")
struct Reporting {
    @Test("The report has every figure of the comparison with its protocol, and needs nothing else")
    func report() throws {
        let folder = try TemporaryFolder()
        let result = try run(tinyYAML, in: folder)
        let html = try String(contentsOf: result.folder.reportURL, encoding: .utf8)
        #expect(html.contains("<caption><span>\(result.caption)"))
        for model in result.models {
            for metric in result.metrics { #expect(html.contains(Figures.metric(model.mean(metric) ?? -1))) }
        }
        for title in [
            "Comparison", "Significance", "Learning curves", "For whom", "Beside being right", "Tuning", "Data",
            "Configuration",
        ] {
            #expect(html.contains("<h2>\(title)</h2>"), "\(title)")
        }
        let own = try ExperimentReport(result).page().html(chartLibrary: "/* charts */")
        for loader in ["src=", "href=", "@import", "fetch("] { #expect(!own.contains(loader), "\(loader)") }
    }

    @Test("Without a chart library the page says so and how to have charts, and keeps its tables")
    func withoutLibrary() throws {
        var page = Page(title: "t", lead: "l", footer: "f")
        page.sections = [
            Page.Section(
                title: "s",
                blocks: [
                    .chart(Page.Chart(kind: .bar, title: "c", labels: ["a"], series: [.init(name: "n", values: [1])]))
                ])
        ]
        let without = try page.html(chartLibrary: nil)
        #expect(without.contains("Chart.js is not installed") && without.contains("libjs-chart.js"))
        #expect(!without.contains("<canvas"))
        let with = try page.html(chartLibrary: "let library")
        #expect(with.contains("<canvas") && with.contains("let library") && !with.contains("not installed"))
    }

    @Test("A curve that does not move, and a single point, have an axis around them; others have their own")
    func collapsedAxis() throws {
        func chart(_ values: [Double?], fromZero: Bool = false) -> Page.Chart {
            Page.Chart(
                kind: .line, title: "c", labels: values.indices.map(String.init),
                series: [.init(name: "ials", values: values)], startsAtZero: fromZero)
        }
        #expect(chart([1.0, 1.0003, nil, 1.0]).bounds.map { $0[0] < 0.91 && $0[1] > 1.09 } == true)
        #expect(chart([0.5]).bounds == [0.45, 0.55] && chart([0, 0]).bounds == [-1, 1])
        #expect(
            chart([0.5, 0.52]).bounds == nil && chart([1, 1], fromZero: true).bounds == nil && chart([]).bounds == nil)
        var page = Page(title: "t", lead: "", footer: "")
        page.sections = [Page.Section(title: "s", blocks: [.chart(chart([1, 1]))])]
        let html = try page.html(chartLibrary: "")
        #expect(html.contains("\"bounds\":[0.9,1.1]"))
        // A curve says whose it is, even where it is alone.
        #expect(html.contains("display: line || chart.series.length > 1"))
    }

    @Test("A popularity band says what it means, in words and numbers")
    func popularityBands() throws {
        let folder = try TemporaryFolder()
        let result = try run(
            tinyYAML.replacingOccurrences(of: "[user-activity]", with: "[item-popularity]"), in: folder)
        let blocks = try #require(try ExperimentReport(result).page().sections.first { $0.title == "For whom" }).blocks
        #expect(
            blocks.contains {
                $0.note?.contains("the head holds the most popular items, which together have 20 %") == true
            })
        let table = try #require(blocks.compactMap(\.table).first)
        let head = try #require(table.columns.first { $0.title.hasPrefix("head (") })
        #expect(head.title.wholeMatch(of: /head \(\d+ items of \d+–\d+ interactions\)/) != nil, "\(head.title)")
    }

    @Test("Names out of data cannot become markup or end the script")
    func escaping() throws {
        var page = Page(title: "<b>&", lead: "", footer: "")
        var table = Page.Table("</caption>", columns: [("a", false)])
        table.append(["<script>alert(1)</script>"])
        page.sections = [
            Page.Section(
                title: "s",
                blocks: [
                    .table(table),
                    .chart(
                        Page.Chart(
                            kind: .bar, title: "c", labels: ["</script><script>alert(2)"],
                            series: [.init(name: "n", values: [nil])])),
                ])
        ]
        let html = try page.html(chartLibrary: "")
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("<title>&lt;b&gt;&amp;</title>"))
    }

    @Test("The page of a data set has the paper's two figures")
    func dataset() throws {
        let world = MovieWorld(MovieWorld.Config(users: 60, items: 50, interactions: 1500)).dataset()
        let page = DatasetPage(DatasetDescription(world)).page()
        #expect(page.cards.contains { $0.value == "60" && $0.label == "users" })
        let titles = page.sections.flatMap(\.blocks).compactMap { $0.chart?.title }
        #expect(titles.contains("Items by genre") && titles.contains("Interactions by rating"))
        #expect(titles.contains("Users by number of interactions") && titles.contains("Interactions by month"))
    }

    @Test("The page of data with several behaviors has them counted, and a heat map of how they go together")
    func behaviors() throws {
        let log = InteractionLog(
            users: [0, 0, 1, 1], items: [0, 1, 0, 0], behaviors: [0, 0, 0, 1], userVocabulary: Vocabulary(["a", "b"]),
            itemVocabulary: Vocabulary(["x", "y"]), behaviorNames: ["view", "buy"], target: 1)
        let page = DatasetPage(DatasetDescription(Dataset(name: "shop", log: log))).page()
        let tables = try #require(page.sections.first { $0.title == "Behaviors" }).blocks.compactMap(\.table)
        #expect(
            tables.map(\.rows.count) == [2, 2, 2]
                && tables[0].rows[0].cells.map(\.text) == ["view", "3", "3", "2", "2", "75.000 %"])
        // Of four pairs three are viewed and one of those is bought: φ = 1 / 3.
        #expect(
            tables[1].rows[0].cells.map(\.text) == ["view", "1.000", "0.333"]
                && tables[1].rows[0].cells.map(\.shade) == [nil, 60, 20])
        #expect(tables[2].rows[1].cells.map(\.text) == ["buy", "100.0 %", "100.0 %"])
        #expect(
            DatasetPage(
                DatasetDescription(MovieWorld(MovieWorld.Config(users: 20, items: 20, interactions: 200)).dataset())
            ).behaviors == nil)
    }

    @Test("A table's columns line up, wide characters counted")
    func table() {
        var table = TextTable(caption: "caption", columns: [("name", .left), ("n", .right)])
        table.append(["東京", "1"])
        table.append([TextTable.Cell("a", isEmphasized: true), "1,000"])
        #expect(table.lines() == ["caption", "name      n", "東京      1", "a     1,000"])
        #expect(table.lines(styled: true)[3] == "\u{1B}[1ma\u{1B}[0m     1,000")
        #expect("Seven Samurai".fitted(to: 6) == "Seven…")
    }

    @Test("Numbers read as people write them")
    func figures() {
        #expect(Figures.short(1_240_000) == "1.24 M")
        #expect(Figures.short(612_345) == "612 k")
        #expect(Figures.short(8) == "8")
        #expect(Figures.duration(185) == "3:05 min")
        #expect(Figures.duration(3720) == "1:02 h")
        #expect(Figures.duration(59.96) == "1:00 min")
        #expect(Figures.duration(0.04) == "0.040 s")
        #expect(Figures.bytes(412_000_000) == "412 MB")
        #expect(Figures.bytes(10_000_000_000) == "10 GB" && Figures.bytes(1_250_000_000) == "1.25 GB")
        // What rounds up to the next magnitude is told in it, and little is not nothing.
        #expect(Figures.bytes(999_600_000) == "1.00 GB" && Figures.bytes(999_600) == "1 MB")
        #expect(Figures.bytes(400) == "400 B")
        #expect(
            Figures.short(999_700) == "1.00 M" && Figures.short(99_960) == "100 k" && Figures.short(9_996) == "10.0 k")
    }

    @Test("A line of progress tells stage, share, rate, time left and figures")
    func progress() {
        let line = Console.progressLine(
            "ncf, epoch 2/5", completed: 500, total: 1000, unit: "samples", figures: [("loss", 0.312)], rate: 250,
            drawsBar: false)
        #expect(line == "ncf, epoch 2/5  50 %  250 samples/s  2.0 s left  loss 0.3120")
    }
}

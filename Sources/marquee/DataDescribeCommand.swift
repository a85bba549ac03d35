import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeRuntime

struct DataDescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Count what data holds, say how it was read, and draw it.",
        discussion: """
            Prints counts, density, time range and long tail, and writes an HTML page with the distribution of \
            genres and of ratings, the activity of users and items, and interactions over time. Of impressions, such as \
            MIND's, it prints the counts alone.
            """)

    @Argument(help: "A folder, file, .gz or .zip of any known format.")
    var path: Path

    @Option(
        help: """
            How to read the files: which column means what, '{ user: listener, item: track, timestamp: 4 }', or only \
            what is to be read otherwise, '{ time-unit: milliseconds }', '{ on-bad-line: skip }'.
            """)
    var columns: String?

    @Option(help: "Where the page goes; NAME-description.html unless given.")
    var out: Path?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        if columns == nil, ImpressionReader.recognizes(path.url) { return try describeImpressions(console) }
        let mapping = try columns.map { try ConfigDocument(yaml: $0, file: "--columns").decode(ColumnMapping.self) }
        let (dataset, report) = try DatasetReader.readReporting(path.url, mapping: mapping)
        for line in "\(report)".split(separator: "\n") { console.note(String(line)) }
        let description = DatasetDescription(dataset)
        let page = out?.url ?? URL(fileURLWithPath: "\(dataset.name)-description.html")
        try AtomicFile.write(Data(try DatasetPage(description, notes: report.notes).html().utf8), to: page)
        try console.show(description) { DatasetPage.table(description) }
        console.note("page: \(page.path)")
    }

    private func describeImpressions(_ console: Console) throws {
        let (data, report) = try ImpressionReader.readReporting(path.url)
        for line in "\(report)".split(separator: "\n") { console.note(String(line)) }
        let description = ImpressionDescription(data)
        try console.show(description) {
            var table = TextTable(caption: description.name, columns: [("impressions", .left), ("", .right)])
            func add(_ name: String, _ value: String) { table.append([.init(name), .init(value)]) }
            add("impressions", description.impressions.grouped)
            add("people", description.users.grouped)
            add("items shown at least once", description.items.grouped)
            add("items shown", description.shown.grouped)
            add("clicks", "\(description.clicks.grouped) (\(Figures.percent(description.clickRate, digits: 1)))")
            add("impressions without a click", description.withoutClick.grouped)
            add(
                "candidates, median and most",
                "\(description.medianCandidates.grouped), \(description.mostCandidates.grouped)")
            if let oldest = description.oldestDate, let newest = description.newestDate {
                add("time", "\(oldest) … \(newest)")
            }
            for device in description.devices { add("on \(device.name)", device.impressions.grouped) }
            if description.historyClicks > 0 {
                add(
                    "clicks before",
                    "\(description.historyClicks.grouped) of \(description.historyUsers.grouped) people")
            }
            return table
        }
    }
}

import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeRuntime

struct DataDescribeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Count what data holds, and draw it.",
        discussion: """
            Prints counts, density, time range and long tail, and writes an HTML page with the distribution of \
            genres and of ratings, the activity of users and items, and interactions over time.
            """)

    @Argument(help: "A folder, file, .gz or .zip of any known format.")
    var path: Path

    @Option(help: "Column mapping for other CSV or TSV, such as '{ user: listener, item: track, timestamp: 4 }'.")
    var columns: String?

    @Option(help: "Where the page goes; NAME-description.html unless given.")
    var out: Path?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let mapping = try columns.map { try ConfigDocument(yaml: $0, file: "--columns").decode(ColumnMapping.self) }
        let (dataset, report) = try DatasetReader.readReporting(path.url, mapping: mapping)
        for line in "\(report)".split(separator: "\n") { console.note(String(line)) }
        let description = DatasetDescription(dataset)
        let page = out?.url ?? URL(fileURLWithPath: "\(dataset.name)-description.html")
        try AtomicFile.write(Data(try DatasetPage(description).html().utf8), to: page)
        try console.show(description) { DatasetPage.table(description) }
        console.note("page: \(page.path)")
    }
}

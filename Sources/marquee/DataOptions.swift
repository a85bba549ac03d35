import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeLive
import MarqueeRuntime
import MarqueeServer

/// The data that a single model learns from or is judged on.
struct DataOptions: ParsableArguments {
    @Option(
        help: """
            A folder, file, .gz or .zip of any known format; looked for in MARQUEE_DATA too. Several domains are a \
            list, '[{ path: books, domain: book }, { path: songs, domain: music }]'.
            """)
    var data: String?

    @Option(
        help: """
            In place of --data, what people did at a server: its folder, its events.sqlite, or what 'marquee events \
            export' wrote.
            """)
    var events: String?

    @Option(help: "The settings of the server of --events: what earns the most reward there is predicted.")
    var config: Path?

    @Option(
        help: """
            How to read the files: which column means what, '{ user: listener, item: track }', or only what is to be \
            read otherwise, '{ time-unit: milliseconds }', '{ on-bad-line: skip }'.
            """)
    var columns: String?

    @Option(help: "The behavior to predict, such as buy; the most committed one unless given.")
    var target: String?

    @Option(help: "Preparation as an experiment spells it, such as '[binarize, { k-core: 5 }]'.")
    var prepare: String?

    @Option(help: "Of whatever is drawn: sampled users, splits at random, negatives, starting values.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (data == nil) != (events == nil) else {
            throw ValidationError("say where the data is: --data, or for a server's own --events")
        }
        if config != nil, events == nil { throw ValidationError("--config says what --events of a server are worth") }
    }

    /// Reads and prepares, telling of each step.
    func read(_ console: Console) throws -> Dataset {
        let mapping = try columns.map { try ConfigDocument(yaml: $0, file: "--columns").decode(ColumnMapping.self) }
        let steps =
            try prepare.map { try ConfigDocument(yaml: $0, file: "--prepare").decode([PreparationStep].self) } ?? []
        var dataset: Dataset
        let data = data ?? ""
        if let events {
            let reward = try config.map { try ServerConfiguration(file: $0.url, environment: [:]).reward }
            let (read, report) = try EventLogSource(reward: reward ?? RewardDefinition()).read(
                URL(fileURLWithPath: (events as NSString).expandingTildeInPath))
            dataset = try target.map { try read.targeting($0) } ?? read
            for line in "\(report)".split(separator: "\n") { console.note(String(line)) }
        } else if data.hasPrefix("[") {
            var source = try ConfigDocument(yaml: data, file: "--data").decode(DataSource.self)
            source.target = target
            dataset = try source.read(progress: console).dataset
        } else {
            let here = URL(fileURLWithPath: data)
            let url =
                FileManager.default.fileExists(atPath: here.path) ? here : try DataSource(path: data).locate(in: nil)
            let (read, report) = try DatasetReader.readReporting(url, mapping: mapping)
            dataset = try target.map { try read.targeting($0) } ?? read
            for line in "\(report)".split(separator: "\n") { console.note(String(line)) }
        }
        for step in steps {
            let (next, report) = try step.apply(to: dataset, seed: seed)
            console.note("\(report)")
            dataset = next
        }
        return dataset
    }

    static func splitter(_ text: String) throws -> Splitter {
        try ConfigDocument(yaml: text, file: "--split").decode(Splitter.self)
    }
}

import ArgumentParser
import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeModels
import MarqueeRuntime

struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Judge a saved model on what a split holds out.",
        discussion: """
            The model must have been trained with the same --split, --prepare and --seed: one that learned from \
            what it is asked is refused.
            """)

    @Argument(help: "A model's folder.", completion: .directory)
    var model: Path

    @OptionGroup var source: DataOptions

    @Option(help: "What is held out, such as leave-one-out or '{ ratio: { train: 0.8 } }'.")
    var split = "leave-one-out"

    @Option(help: "What targets are ranked against: full, '{ sampled: 99 }' or given.")
    var candidates = "full"

    @Option(parsing: .upToNextOption, help: "Metrics with their cut-offs.")
    var metrics = ["HR@10", "NDCG@10"]

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let splitter = try DataOptions.splitter(split)
        var config = ProtocolConfig(metrics: try metrics.map { try Metric($0).description })
        config.candidates = try ConfigDocument(yaml: candidates, file: "--candidates").decode(
            ProtocolConfig.Candidates.self)
        let saved = try SavedModel(contentsOf: model.url)
        let (split, report) = try splitter.split(try source.read(console), seed: source.seed)
        console.note("\(report)")
        let result = try saved.evaluate(on: split, config: config, seed: source.seed, progress: console)
        try console.show(Answer(protocol: "\(split.name); \(result.protocol)", metrics: result.means)) {
            var table = TextTable(
                caption: "\(split.name), \(result.protocol)",
                columns: [("model", .left)] + result.metrics.map { ("\($0)", .right) })
            table.append(
                [.init(model.url.lastPathComponent)] + result.metrics.map { .init(Figures.metric(result[$0] ?? .nan)) })
            return table
        }
    }

    private struct Answer: Encodable {
        var `protocol`: String
        var metrics: [String: Double]
    }
}

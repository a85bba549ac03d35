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

    @OptionGroup var asking: ProtocolOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let (splitter, config) = (try asking.splitter, try asking.config)
        let saved = try SavedModel(contentsOf: model.url)
        let (split, report) = try splitter.split(try source.read(console), seed: source.seed)
        console.note("\(report)")
        let result = try saved.evaluate(on: split, config: config, seed: source.seed, progress: console)
        try asking.show(result, of: model.url.lastPathComponent, splitName: split.name, console)
    }
}

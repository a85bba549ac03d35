import ArgumentParser
import Foundation
import MarqueeEvaluation
import MarqueeLab

struct ExperimentCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare the models of one or more runs, with paired significance.",
        discussion: """
            Every model stands against one, the best by the metric unless --baseline names another: the difference, \
            its bootstrap interval and the p-value of a permutation test over users. Runs must have asked the same \
            questions: the same held-out items against the same candidates.
            """)

    @Argument(help: "Run folders.", completion: .directory)
    var runs: [Path]

    @Option(help: "What to compare by, such as NDCG@10; what the runs chose by unless given.")
    var metric: String?

    @Option(help: "The model that the others stand against.")
    var baseline: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let results = try runs.map { try RunResult(RunFolder(contentsOf: $0.url)) }
        let comparison = try RunComparison(
            of: results, by: try metric.map { try Metric($0) }, baseline: baseline)
        try console.show(comparison) { comparison.table() }
    }
}

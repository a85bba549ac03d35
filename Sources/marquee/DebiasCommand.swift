import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeRuntime

struct DebiasCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debias",
        abstract: "Train on chosen ratings with and without inverse propensities, and test on drawn ones.",
        discussion: """
            FOLDER is in the form of the Coat data: train.ascii of ratings that people chose to give, test.ascii of \
            items drawn for them, and the features of both. Everything is tuned on the chosen ratings alone.
            """)

    @Argument(help: "A folder in the form of the Coat data.", completion: .directory)
    var folder: Path

    @Option(help: "How many seeds, each with its own validation ratings and starting values.")
    var seeds = 10

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (2...16).contains(seeds) else { throw ValidationError("--seeds must be from 2 to 16, found \(seeds)") }
    }

    func run() throws {
        let console = output.console
        let data = try RandomizedRatings(contentsOf: folder.url)
        let outcome = try DebiasingExperiment(data).run(seeds: (1...UInt64(seeds)).map { $0 }, progress: console)
        try console.show(outcome) {
            var table = TextTable(
                caption: """
                    Drawn ratings, after training on chosen ones; mean ± deviation over \(seeds) seeds
                    p: exact sign flips over seeds; NDCG@5 over users instead: \(Self.p(outcome.pNDCGOverUsers))
                    """,
                columns: [("training", .left), ("AUC", .right), ("NDCG@5", .right), ("MSE", .right)])
            for (name, scores) in [("naive", outcome.naive), ("inverse propensities", outcome.weighted)] {
                table.append([
                    .init(name), .init(Self.spread(scores.map(\.auc))), .init(Self.spread(scores.map(\.ndcg))),
                    .init(Self.spread(scores.map(\.mse))),
                ])
            }
            table.append(["p", .init(Self.p(outcome.pAUC)), .init(Self.p(outcome.pNDCG)), .init(Self.p(outcome.pMSE))])
            return table
        }
    }

    private static func p(_ value: Double) -> String { Figures.fixed(value, 4) }

    private static func spread(_ values: [Double]) -> String {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
        return "\(Figures.fixed(mean, 4)) ± \(Figures.fixed(variance.squareRoot(), 4))"
    }
}

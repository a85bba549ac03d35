import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeRuntime

struct ExperimentRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an experiment's YAML into a folder of figures, models and a report.",
        discussion: """
            A model that cannot be fitted stands in the table as 'not fitted', the reason below it; the others go on, and \
            the exit code is 3. With --resume the file may have more or fewer models than the run began with: what was \
            fitted and still applies is kept.

            With several files every experiment gets a folder of its own inside one, and one report shows them all: \
            marquee experiment run Experiments/mbh-gnn-*.yaml
            """)

    @Argument(
        help: "The experiments, such as Experiments/quickstart.yaml.", completion: .file(extensions: ["yaml", "yml"]))
    var files: [Path]

    @Option(help: "Where the data lies: the data itself, or the folder that holds it; MARQUEE_DATA unless given.")
    var data: Path?

    @Option(help: "The run's folder, of several files the one around theirs; runs/NAME-TIME unless given.")
    var out: Path?

    @Option(help: "One seed in place of the experiment's.")
    var seed: UInt64?

    @Flag(help: "Go on with a run that was stopped; the newest of this name, or the one at --out.")
    var resume = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let experiments = try files.map { file in
            var experiment = try Experiment(contentsOf: file.url)
            if let seed { experiment.setSeed(seed) }
            return experiment
        }
        let name = experiments.count == 1 ? experiments[0].name : Study.name(of: experiments)
        let place = out?.url ?? (resume ? RunFolder.newest(name) : nil) ?? RunFolder.fresh(name)
        var results: [RunResult] = []
        do {
            if experiments.count == 1 {
                let folder = try RunFolder(place, for: experiments[0], resume: resume)
                let result = try runner(experiments[0], in: folder, file: files[0].url, console).run()
                results = [result]
                try show(result, console)
                console.note("report: \(folder.reportURL.relativePath)")
            } else {
                let study = try Study(
                    name, experiments, files: files.map(\.url), in: place, data: data?.url, resume: resume)
                results = try study.run { experiment, folder, file in
                    console.note("")
                    console.note("== \(experiment.name)")
                    let result = try runner(experiment, in: folder, file: file, console).run()
                    if !console.isJSON { try show(result, console) }
                    return result
                }
                if console.isJSON { try console.show(results.map { RunMetrics($0) }) { results[0].table() } }
                console.note("report: \(study.reportURL.relativePath)")
            }
        } catch is Interrupted {
            let data = data.map { " --data \($0.url.relativePath)" } ?? ""
            let seed = seed.map { " --seed \($0)" } ?? ""
            let names = files.map(\.url.relativePath).joined(separator: " ")
            throw Stopped(remedy: "marquee experiment run \(names)\(data)\(seed) --out \(place.relativePath) --resume")
        }
        let failures = results.flatMap(\.notFitted)
        if !failures.isEmpty {
            throw SomeNotFitted(names: failures.map(\.model), of: results.reduce(0) { $0 + $1.experiment.models.count })
        }
    }

    private func runner(_ experiment: Experiment, in folder: RunFolder, file: URL, _ console: Console)
        -> ExperimentRunner
    {
        ExperimentRunner(experiment, in: folder, data: data?.url, file: file, progress: console)
    }

    /// A table for each protocol.
    private func show(_ result: RunResult, _ console: Console) throws {
        console.note("")
        try console.show(RunMetrics(result)) { result.table() }
        for single in console.isJSON ? [] : result.protocols.dropFirst() {
            console.print()
            console.print(single.table())
        }
        console.note("")
    }
}

/// Work was stopped at the user's wish, and this is how to go on.
struct Stopped: Error, CustomStringConvertible {
    let remedy: String
    var description: String { "stopped; go on with: \(remedy)" }
}

/// A run is whole, but some of its models could not be fitted.
struct SomeNotFitted: Error, CustomStringConvertible {
    let names: [String]
    let of: Int
    var description: String {
        "\(names.count) of \(of) models \(names.count == 1 ? "was" : "were") not fitted: \(names.joined(separator: ", ")); "
            + "the reasons stand below the table"
    }
}

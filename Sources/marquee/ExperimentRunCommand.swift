import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeRuntime

struct ExperimentRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an experiment's YAML into a folder of figures, models and a report.")

    @Argument(help: "The experiment, such as Experiments/quickstart.yaml.", completion: .file(extensions: ["yaml", "yml"]))
    var file: Path

    @Option(help: "Where the data lies: the data itself, or the folder that holds it; MARQUEE_DATA unless given.")
    var data: Path?

    @Option(help: "The run's folder; runs/NAME-TIME unless given.")
    var out: Path?

    @Option(help: "One seed in place of the experiment's.")
    var seed: UInt64?

    @Flag(help: "Go on with a run that was stopped; the newest of this name, or the one at --out.")
    var resume = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        var experiment = try Experiment(contentsOf: file.url)
        if let seed { experiment.seeds = [seed] }
        let place = out?.url ?? (resume ? RunFolder.newest(experiment.name) : nil) ?? RunFolder.fresh(experiment.name)
        let folder = try RunFolder(place, for: experiment, resume: resume)
        let runner = ExperimentRunner(experiment, in: folder, data: data?.url, file: file.url, progress: console)
        let result: RunResult
        do {
            result = try runner.run()
        } catch is Interrupted {
            let data = data.map { " --data \($0.url.relativePath)" } ?? ""
            let seed = seed.map { " --seed \($0)" } ?? ""
            throw Stopped(
                remedy: "marquee experiment run \(file.url.relativePath)\(data)\(seed) --out \(place.relativePath) --resume")
        }
        console.note("")
        try console.show(RunMetrics(result)) { result.table() }
        console.note("")
        console.note("report: \(folder.reportURL.relativePath)")
    }
}

/// Work was stopped at the user's wish, and this is how to go on.
struct Stopped: Error, CustomStringConvertible {
    let remedy: String
    var description: String { "stopped; go on with: \(remedy)" }
}

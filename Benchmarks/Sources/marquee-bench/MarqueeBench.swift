import ArgumentParser
import Foundation
import MarqueeTensor

@main
struct MarqueeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "marquee-bench", abstract: "Measures Marquee beside its peers.",
        subcommands: [Compare.self, Measure.self, Prepare.self, Serve.self], defaultSubcommand: Compare.self)

    static func main() {
        BLAS.adoptFastestKernels()
        main(nil)
    }
}

/// Where the inputs lie and how large they are.
struct WorkspaceOptions: ParsableArguments {
    @Option(help: "Folder for inputs, made once and kept.")
    var work = ".build-peers/inputs"

    @Option(
        help: "Size of the simulated data, as a share of its users and interactions; of an epoch for graph networks.")
    var scale = 1.0

    @Option(help: "How long a soak is.")
    var minutes = 10.0

    var workspace: Workspace {
        Workspace(folder: URL(fileURLWithPath: work), scale: scale, minutes: minutes)
    }

    func validate() throws {
        guard scale > 0, scale <= 1 else { throw ValidationError("--scale must be above 0 and at most 1") }
        guard minutes > 0 else { throw ValidationError("--minutes must be above 0") }
    }
}

/// A benchmark by its name.
struct BenchmarkName: ExpressibleByArgument {
    let benchmark: Benchmark

    init?(argument: String) {
        guard let benchmark = Benchmark.all.first(where: { $0.name == argument }) else { return nil }
        self.benchmark = benchmark
    }

    static var allValueStrings: [String] { Benchmark.all.map(\.name) }
}

/// Ours and the peers', in turn.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Compare ours with the peers' (the default).")

    @Argument(help: ArgumentHelp("Which benchmark.", valueName: "name"))
    var name: BenchmarkName

    @OptionGroup var options: WorkspaceOptions

    @Option(help: "Python that has the packages of Benchmarks/peers/requirements.txt; without it ours runs alone.")
    var python: String?

    @Option(help: "Folder of the peers' scripts.")
    var scripts = "Benchmarks/peers"

    @Option(help: "Samples of each, of which the median counts (default: 3; of the soak 1).")
    var repeats: Int?

    @Flag(help: "Print one JSON object a row.")
    var json = false

    func validate() throws {
        guard repeats ?? 1 > 0 else { throw ValidationError("--repeats must be at least 1") }
    }

    func run() throws {
        let comparison = Comparison(
            workspace: options.workspace, python: python.map { URL(fileURLWithPath: $0) },
            scripts: URL(fileURLWithPath: scripts), repeats: repeats ?? name.benchmark.repeats)
        let report = Report(benchmark: name.benchmark, outcomes: try comparison.run(name.benchmark))
        print(json ? try report.json() : report.table())
    }
}

/// One sample of ours, for ``Comparison``.
struct Measure: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take one sample of ours.")

    @Argument(help: ArgumentHelp("Which benchmark.", valueName: "name"))
    var name: BenchmarkName

    @Argument(help: "Which of its contests.")
    var contest: String

    @OptionGroup var options: WorkspaceOptions

    func run() throws {
        guard let contest = name.benchmark.contests.first(where: { $0.name == contest }) else {
            let known = name.benchmark.contests.map(\.name).joined(separator: "', '")
            throw ValidationError("\(name.benchmark.name) has no contest '\(contest)'; it has '\(known)'")
        }
        try contest.prepare(options.workspace)
        let figures = try contest.ours(options.workspace)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(figures), as: UTF8.self))
    }
}

/// The inputs of a benchmark, so that a peer's script can be run by hand.
struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Write the inputs of a benchmark.")

    @Argument(help: ArgumentHelp("Which benchmark.", valueName: "name"))
    var name: BenchmarkName

    @OptionGroup var options: WorkspaceOptions

    func run() throws {
        for contest in name.benchmark.contests { try contest.prepare(options.workspace) }
    }
}

import ArgumentParser

struct ExperimentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment", abstract: "Run experiments, and compare what came of them.",
        subcommands: [ExperimentRunCommand.self, ExperimentCompareCommand.self])
}

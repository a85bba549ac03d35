import ArgumentParser

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Look at data, or make some up.",
        subcommands: [DataDescribeCommand.self, DataSimulateCommand.self])
}

import ArgumentParser

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Look into an event log: replay it, or take it elsewhere.",
        subcommands: [EventsReplayCommand.self, EventsExportCommand.self])
}

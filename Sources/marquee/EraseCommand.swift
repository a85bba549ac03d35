import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime
import MarqueeServer

struct EraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase a person from a server's files, and prove it.",
        discussion: """
            Events, memory, features (in Redis too), decisions, experiments and the catalog: per store how much there was, \
            how much is left, and whether the files still have the id in their bytes. For a server that is stopped; a \
            running one is asked by DELETE /api/users/USER?erase=true. Exit code 1 when anything is found again.

            Example: marquee erase ann@example.org --config server.yaml
            """)

    @Argument(help: "The user's id.")
    var user: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let (configuration, user) = (try server.configuration(), user)
        let log = URL(fileURLWithPath: configuration.folder).appendingPathComponent("events.sqlite")
        // A server would begin a log there, and nothing of the person would be found in it.
        guard FileManager.default.fileExists(atPath: log.path) else {
            throw EventLogError.cannotOpen(
                path: configuration.folder,
                reason: "no events.sqlite here; give the server's data.folder with --folder")
        }
        let erasure = try finished {
            let server = try await Server(configuration)
            return try await server.stopped { try await $0.erase(user: user) }
        }
        try output.console.show(erasure) {
            var table = TextTable(
                caption: ([erasure.isComplete ? "nothing is found again" : "NOT complete"] + erasure.notes).joined(
                    separator: "\n"), columns: [("store", .left), ("before", .right), ("after", .right)])
            for store in erasure.stores {
                table.append([.init(store.name), .init("\(store.before)"), .init("\(store.after)")])
            }
            for trace in erasure.traces { table.append([.init(trace.file), "", .init("\(trace.count) in its bytes")]) }
            return table
        }
        guard erasure.isComplete else { throw FoundAgain(user: user) }
    }
}

/// Something of the person is left.
private struct FoundAgain: Error, CustomStringConvertible {
    let user: String
    var description: String { "'\(user)' is found again; see the table" }
}

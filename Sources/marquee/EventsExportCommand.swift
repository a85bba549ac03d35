import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime

struct EventsExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the events of a log as NDJSON, one a line, in the order of acceptance.",
        discussion: """
            A server may be writing the log meanwhile. What is exported can be sent to another server's \
            /api/events, as it is: an event that is there already counts once.
            """)

    @Argument(help: "The log, such as live/events.sqlite.")
    var log: Path

    @Option(help: "Only events after this place in the log.")
    var after: Int64 = 0

    @Option(help: "Where to write; standard output unless given.")
    var out: Path?

    func run() throws {
        let (log, after) = (log.url, after)
        guard let out = out?.url else {
            return try finished {
                _ = try await EventLogReader(log).export(after: after) {
                    try FileHandle.standardOutput.write(contentsOf: $0)
                }
            }
        }
        // A file's writer is synchronous: the pieces are written beside it, and it is replaced when whole.
        let partial = out.appendingPathExtension("partial")
        guard FileManager.default.createFile(atPath: partial.path, contents: nil),
            let file = try? FileHandle(forWritingTo: partial)
        else {
            throw FileError.cannotWrite(out.path, reason: "its folder is not there or not writable")
        }
        do {
            try finished { _ = try await EventLogReader(log).export(after: after) { try file.write(contentsOf: $0) } }
            try file.synchronize()
            try file.close()
            guard rename(partial.path, out.path) == 0 else {
                throw FileError.cannotWrite(out.path, reason: String(cString: strerror(errno)))
            }
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw error
        }
    }
}

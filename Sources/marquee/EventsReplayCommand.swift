import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime
import MarqueeServer

struct EventsReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Compute features anew from a log, into a fresh state.",
        discussion: """
            Prints a digest of the state: equal digests, equal features, number by number. With --against, \
            compares a snapshot, brought up to the end of the log, with the replay. Features are those of --features, else \
            of the settings' features.file, else the standard ones of a server; the table says which.

            Example: marquee events replay live/events.sqlite --features features.yaml --snapshot fresh.features
            """)

    @Argument(help: "The log, such as live/events.sqlite.")
    var log: Path

    @Option(help: "The definition file; a server's own unless given.", completion: .file(extensions: ["yaml", "yml"]))
    var features: Path?

    @Option(
        help: "A server's file of settings, for its features.file.", completion: .file(extensions: ["yaml", "yml"]))
    var config: Path?

    @Option(help: "Write the state as a snapshot.")
    var snapshot: Path?

    @Option(help: "A snapshot to compare with; exit code 1 when it differs.")
    var against: Path?

    @OptionGroup var output: OutputOptions

    struct Report: Encodable, Sendable {
        /// The definition file; `standard` for a server's own.
        var features: String
        var events, statistics: Int
        var last: Int64
        var seconds: Double
        var digest: String
        var compared: String?
    }

    func run() throws {
        let file = try features?.url.path ?? configured()
        let definitions =
            try file.map { try FeatureDefinitions(contentsOf: URL(fileURLWithPath: $0)) }
            ?? FeatureDefinitions(yaml: EngineFeatures.standardDefinitions)
        let (log, snapshot, against) = (log.url, snapshot?.url, against?.url)
        let report = try finished { () -> Report in
            let start = ContinuousClock.now
            let reader = try EventLogReader(log)
            let store = EmbeddedStore()
            let events = try await FeatureWriter(definitions, store: store).recover(reader)
            if let snapshot { try store.write(snapshot: snapshot) }
            var compared: String?
            if let against {
                let other = try EmbeddedStore(snapshot: against)
                try await FeatureWriter(definitions, store: other).recover(reader)
                compared = other.digest
            }
            return Report(
                features: file ?? "standard", events: events, statistics: store.count,
                last: try await reader.lastSequence(),
                seconds: (ContinuousClock.now - start).seconds, digest: store.digest, compared: compared)
        }
        try output.console.show(report) {
            var table = TextTable(columns: [("what", .left), ("", .right)])
            table.append(["definition file", .init(report.features)])
            table.append(["events replayed", .init("\(report.events)")])
            table.append(["last place in the log", .init("\(report.last)")])
            table.append(["features", .init("\(definitions.features.count)")])
            table.append(["statistics", .init("\(report.statistics)")])
            table.append(["seconds", .init(String(format: "%.2f", report.seconds))])
            table.append(["digest", .init(report.digest)])
            if let compared = report.compared { table.append(["digest of the snapshot", .init(compared)]) }
            return table
        }
        if let compared = report.compared, compared != report.digest {
            throw StateDiffers(snapshot: against?.path ?? "", log: log.path)
        }
    }
}

extension EventsReplayCommand {
    /// The server's definition file; nil where it has none of its own.
    private func configured() throws -> String? {
        try ServerConfiguration(file: config?.url, environment: ProcessInfo.processInfo.environment).featureFile
    }
}

/// A snapshot is not what its log gives.
struct StateDiffers: Error, CustomStringConvertible {
    let snapshot, log: String
    var description: String {
        "\(snapshot) is not what \(log) gives; delete it, and features are computed again from the log"
    }
}

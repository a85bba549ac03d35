import ArgumentParser
import Foundation
import MarqueeLive
import MarqueeModels
import MarqueeRuntime
import MarqueeServer

extension Benchmark {
    /// From the start of a server's process to its first 200 at `/api/health/ready`, with a million events in its log.
    static let ready = Benchmark(
        name: "ready",
        summary:
            "ready: a server's start, until /api/health/ready says so, with a million events of 6,040 users in its log",
        contests: [
            Contest(
                name: "million", prepare: { _ in }, ours: { try run($0) }, peers: [],
                rows: [
                    Row(
                        "after kill -9", "killed_seconds", unit: "s", better: .less, against: [], limit: "limit_seconds"
                    ),
                    Row(
                        "after a clean stop", "stopped_seconds", unit: "s", better: .less, against: [],
                        limit: "limit_seconds"),
                    Row("events posted", "events", unit: "events", better: .more, against: []),
                ])
        ])

    private static func run(_ workspace: Workspace) throws -> Figures {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-ready-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let model = LiveWorld.model(items: 3_000, scale: 6_040 / Double(LiveWorld.users) * workspace.scale)
        try model.write(to: folder.appendingPathComponent("model"))
        let template = EventTemplate(1_000, of: model, seed: 1)
        let batches = max(1, Int(1_000 * workspace.scale))

        let first = try ServerProcess(workspace, folder)
        guard let socket = LoopbackSocket(port: first.port) else { throw BenchmarkError.serverGone }
        for number in 0..<batches {
            guard socket.exchange(template.request(number: number)) else { throw BenchmarkError.serverGone }
        }
        // At once, so that the newest events are in no snapshot yet.
        first.end(SIGKILL)
        let second = try ServerProcess(workspace, folder)
        second.end(SIGTERM)
        let third = try ServerProcess(workspace, folder)
        third.end(SIGTERM)
        return [
            "killed_seconds": second.seconds, "stopped_seconds": third.seconds, "limit_seconds": 2,
            "events": Double(1_000 * batches),
        ]
    }
}

/// A server in a process of its own, so that it can be killed, and how long it took until it was ready.
private final class ServerProcess {
    let port: Int
    let seconds: Double
    private let process = Process()

    init(_ workspace: Workspace, _ folder: URL) throws {
        let output = Pipe()
        process.executableURL = workspace.executable
        process.arguments = ["serve", folder.path]
        process.standardOutput = output
        let start = ContinuousClock.now
        try process.run()
        // It prints its port once it listens.
        let line = output.fileHandleForReading.availableData
        guard let port = Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
        else {
            process.terminate()
            throw BenchmarkError.serverGone
        }
        self.port = port
        while process.isRunning {
            if let socket = LoopbackSocket(port: port), socket.exchange(HTTPLoad.get("/api/health/ready")) { break }
            usleep(5_000)
        }
        seconds = start.duration(to: .now) / .seconds(1)
    }

    /// Ends it by a signal, and waits until it is gone.
    func end(_ signal: Int32) {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }
}

/// What ``ServerProcess`` runs.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "A server for benchmarks.", shouldDisplay: false)

    @Argument(help: "The folder of its data, with the model in 'model'.")
    var folder: String

    func run() throws {
        let flags = [
            "server.port": "0", "server.log-level": "critical", "server.drain-notice": "0",
            "data.folder": "\(folder)/live", "model.path": "\(folder)/model",
        ]
        try finished {
            try await Server(ServerConfiguration(flags: flags)).run(
                listening: { FileHandle.standardOutput.write(Data("\($0)\n".utf8)) })
        }
    }
}

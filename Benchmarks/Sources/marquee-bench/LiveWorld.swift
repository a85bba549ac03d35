import Foundation
import Hummingbird
import Logging
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeRuntime
import MarqueeServer

/// A server at work over 100,000 items: a factor model of width 64, 20,000 users with a history.
struct LiveWorld {
    static let users = 20_000, items = 100_000, rank = 64

    /// Factors are random: what a score costs does not depend on what it says.
    static func model(items: Int, scale: Double) -> SavedModel {
        let users = max(100, Int(Double(users) * scale)), items = max(1_000, Int(Double(items) * scale))
        let world = MovieWorld(.init(users: users, items: items, interactions: users * 40, seed: 9))
        let dataset = world.dataset()
        let stream = RandomStream(seed: 9, "bench factors")
        func factors(_ count: Int, _ offset: UInt64) -> [Float] {
            (0..<count * rank).map { Float(stream.unit(at: offset + UInt64($0))) - 0.5 }
        }
        let scorer = FactorScorer(rank: rank, userFactors: factors(users, 0), itemFactors: factors(items, 1 << 40))
        return SavedModel(
            model: IALS(config: .init(), factors: scorer),
            data: TrainingSet(log: dataset.log, catalog: dataset.catalog))
    }

    /// Runs `body` with a server that listens, and stops it after.
    static func serve<Result: Sendable>(
        _ workspace: Workspace, items: Int = items, flags: [String: String] = [:],
        _ body: @escaping @Sendable (Int, Server) async throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-bench-\(UUID())")
        defer {
            // SQLite, which closes a moment later, may be removing files of its own in there.
            for _ in 0..<50 where FileManager.default.fileExists(atPath: folder.path) {
                try? FileManager.default.removeItem(at: folder)
                usleep(20_000)
            }
        }
        return try finished {
            let standard = ["server.port": "0", "server.log-level": "critical", "data.folder": folder.path]
            let server = try await Server(ServerConfiguration(flags: standard.merging(flags) { $1 }))
            let model = model(items: items, scale: workspace.scale)
            try await server.loop.deploy(model, version: "bench")
            server.loop.model?.warm((0..<Int32(model.users.count)).map { model.users[$0] })
            // What stands in front has its neighbors ready, as after the first half minute.
            for item in server.loop.popular(count: 500) ?? [] {
                _ = try server.loop.similar(to: item.id, by: .people, count: 1)
            }
            return try await listening { listening in
                try await server.run(listening: listening)
            } _: { port in
                try await body(port, server)
            }
        }
    }

    /// Runs a server beside `body`, which is told the port.
    static func listening<Result: Sendable>(
        _ run: @escaping @Sendable (@escaping @Sendable (Int) -> Void) async throws -> Void,
        _ body: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> Result {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let serving = Task {
            defer { port.finish() }
            try await run { port.yield($0) }
        }
        for await number in ports {
            let result = await Task { try await body(number) }.result
            // It ends before its folder goes.
            serving.cancel()
            _ = await serving.result
            return try result.get()
        }
        try await serving.value
        throw CancellationError()
    }

    /// Bare Hummingbird, the yardstick of throughput.
    static func hello<Result: Sendable>(_ body: @escaping @Sendable (Int) async throws -> Result) async throws -> Result
    {
        try await listening { listening in
            let router = Router()
            router.get("hello") { _, _ in "Hello, world!" }
            var logger = Logger(label: "hello")
            logger.logLevel = .critical
            let application = Application(
                router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { listening($0.localAddress?.port ?? 0) }, logger: logger)
            try await application.runService(gracefulShutdownSignals: [])
        } _: { port in
            try await body(port)
        }
    }
}

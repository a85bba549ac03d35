internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Reads the settings again at SIGHUP. Those that can change while the server runs do, the others are named.
struct Reloading: Service {
    let server: Server
    let read: @Sendable () throws -> ServerConfiguration

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            var current = server.configuration
            for await _ in hangups { current = reload(current) }
        }
    }

    /// - Returns: what holds from now on.
    private func reload(_ current: ServerConfiguration) -> ServerConfiguration {
        let next: ServerConfiguration
        do { next = try read() } catch {
            server.logger.error("SIGHUP: the settings stay as they are: \(error)")
            return current
        }
        server.level.value = next.logLevel
        server.access.adopt(next)
        let changed = next.settings.differences(from: current.settings).filter(Setting.changeable.contains)
        server.logger.notice(
            "SIGHUP: the settings were read again",
            metadata: ["changed": "\(changed.isEmpty ? "nothing" : changed.joined(separator: ", "))"])
        let waiting = next.settings.differences(from: server.configuration.settings)
            .filter { !Setting.changeable.contains($0) }
        if !waiting.isEmpty {
            server.logger.warning("SIGHUP: changed, and in force after a restart: \(waiting.joined(separator: ", "))")
        }
        return next
    }
}

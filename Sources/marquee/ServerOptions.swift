import ArgumentParser
import Foundation
import MarqueeServer

/// Where a server has its settings, its folder and its model.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server's file of settings.", completion: .file(extensions: ["yaml", "yml"]))
    var config: Path?

    @Option(help: "The server's folder; data.folder.", completion: .directory)
    var folder: Path?

    @Option(help: "The server's model; model.path.", completion: .directory)
    var model: Path?

    /// The settings that were given here.
    var flags: [String: String] {
        var flags: [String: String] = [:]
        flags["data.folder"] = folder?.url.path
        flags["model.path"] = model?.url.path
        return flags
    }

    func configuration() throws -> ServerConfiguration {
        try ServerConfiguration(
            file: config?.url, environment: ProcessInfo.processInfo.environment, flags: flags)
    }
}

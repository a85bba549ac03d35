import ArgumentParser
import Foundation
import MarqueeServer

/// Which server's files are meant: as it was told itself.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server's file of settings.", completion: .file(extensions: ["yaml", "yml"]))
    var config: Path?

    @Option(help: "The server's folder; data.folder.", completion: .directory)
    var folder: Path?

    @Option(help: "The server's model; model.path.", completion: .directory)
    var model: Path?

    func configuration() throws -> ServerConfiguration {
        var flags: [String: String] = [:]
        flags["data.folder"] = folder?.url.path
        flags["model.path"] = model?.url.path
        return try ServerConfiguration(
            file: config?.url, environment: ProcessInfo.processInfo.environment, flags: flags)
    }
}

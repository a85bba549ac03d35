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

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A setting; 'marquee serve --settings' lists them.", valueName: "key=value"))
    var settings: [String] = []

    /// The settings that were given here; an option of its own is stronger than --set.
    func flags() throws -> [String: String] {
        var flags: [String: String] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ValidationError("--set wants key=value, found '\(setting)'") }
            flags[String(parts[0])] = String(parts[1])
        }
        flags["data.folder"] = folder?.url.path ?? flags["data.folder"]
        flags["model.path"] = model?.url.path ?? flags["model.path"]
        return flags
    }

    func configuration() throws -> ServerConfiguration {
        try ServerConfiguration(
            file: config?.url, environment: ProcessInfo.processInfo.environment, flags: flags())
    }
}

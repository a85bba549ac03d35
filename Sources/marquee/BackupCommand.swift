import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime
import MarqueeServer

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy everything that a server keeps, while it runs.",
        discussion: """
            Events, decisions, catalog and snapshots, each as of one moment and none beyond the copied log; the model and \
            the settings with them. An earlier backup at the same place is replaced. A server is started of it as of its \
            own folder:

            Example: marquee backup /backups/today --config server.yaml
            Then:    marquee serve --config /backups/today/settings.yaml --folder /backups/today/live --model /backups/today/model
            """)

    @Argument(help: "The folder to copy to: new, empty, or an earlier backup.", completion: .directory)
    var target: Path

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let configuration = try server.configuration()
        let backup = try Backup.write(
            Backup.Source(
                folder: URL(fileURLWithPath: configuration.folder),
                model: configuration.model.map { URL(fileURLWithPath: $0) }, settings: server.config?.url,
                features: configuration.featureFile.map { URL(fileURLWithPath: $0) }), to: target.url)
        try output.console.show(backup) {
            var table = TextTable(columns: [("what", .left), ("", .right)])
            table.append(["folder", .init(target.url.path)])
            table.append(["last place in the log", .init("\(backup.lastEvent)")])
            table.append(["megabytes", .init(String(format: "%.1f", Double(backup.bytes) / 1e6))])
            return table
        }
    }
}

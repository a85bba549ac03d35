import ArgumentParser
import Foundation
import MarqueeRuntime
import MarqueeServer

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve recommendations over HTTP, and learn from what comes of them.",
        discussion: """
            Settings come from a YAML file, from the environment (MARQUEE_SERVER_PORT for server.port) and from here, \
            the later the stronger. --settings lists them.

            Example: marquee serve --model models/ease --set policy='epsilon-greedy: { epsilon: 0.05 }'
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "server.host.")
    var host: String?

    @Option(help: "server.port; 0 takes a free one.")
    var port: Int?

    @Flag(name: .customLong("settings"), help: "List what can be set, and exit.")
    var lists = false

    func run() throws {
        if lists {
            for setting in Setting.all {
                print(
                    "\(setting.key): \(setting.standard.isEmpty ? "(empty)" : setting.standard)\n    \(setting.meaning)\(setting.isChangeable ? "; SIGHUP reads it again" : "")"
                )
            }
            return
        }
        let (file, flags) = (server.config?.url, try flags())
        let read = { @Sendable in
            try ServerConfiguration(file: file, environment: ProcessInfo.processInfo.environment, flags: flags)
        }
        let configuration = try read()
        try finished {
            let server = try await Server(configuration)
            let scheme = configuration.tls == nil ? "http" : "https"
            try await server.run(reload: read) { port in
                FileHandle.standardOutput.write(Data("listening at \(scheme)://\(configuration.host):\(port)\n".utf8))
            }
        }
    }

    private func flags() throws -> [String: String] {
        var flags = try server.flags()
        flags["server.host"] = host ?? flags["server.host"]
        flags["server.port"] = port.map(String.init) ?? flags["server.port"]
        return flags
    }
}

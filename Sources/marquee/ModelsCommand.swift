import ArgumentParser
import MarqueeLab
import MarqueeModels
import MarqueeRuntime

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models and what can be chosen for each, or one network's parameters."
    )

    @Argument(help: "A network whose parameters to list, such as ncf.")
    var network: String?

    @Option(help: "How many users the network is for.")
    var users = 138_493

    @Option(help: "How many items the network is for.")
    var items = 27_278

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard users > 0, items > 0 else { throw ValidationError("--users and --items must be at least 1") }
    }

    func run() throws {
        guard let network else { return try listModels() }
        guard let rows = try ModelSpec(network).parameters(users: users, items: items) else {
            throw ValidationError("\(network) is no network; its configuration is listed by: marquee models")
        }
        try output.console.show(rows) {
            var table = TextTable(columns: [("parameter", .left), ("shape", .left), ("numbers", .right)])
            for row in rows {
                table.append([
                    .init(row.name), .init(row.shape.map(String.init).joined(separator: " × ")), .init("\(row.count)"),
                ])
            }
            table.append([.init("total", isEmphasized: true), .init(""), .init("\(rows.reduce(0) { $0 + $1.count })")])
            return table
        }
    }

    private func listModels() throws {
        let specs = try ModelRegistry.kinds.map { try ModelSpec($0) }
        let answers = try specs.map { try $0.scoresHistories ? "anybody" : "its users" }
        try output.console.show(Dictionary(uniqueKeysWithValues: specs.map { ($0.kind, $0.config.hyphenated) })) {
            var table = TextTable(
                caption: "'anybody': answers from a history; 'its users': knows those alone that it was fitted to",
                columns: [("model", .left), ("answers", .left), ("configuration", .left)])
            for (spec, answers) in zip(specs, answers) {
                table.append([
                    .init(spec.kind, isEmphasized: true), .init(answers), .init(spec.config.hyphenated.text),
                ])
            }
            return table
        }
    }
}

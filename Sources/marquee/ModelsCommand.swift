import ArgumentParser
import MarqueeLab
import MarqueeModels

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models and what can be chosen for each.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        let specs = try ModelRegistry.kinds.map { try ModelSpec($0) }
        try output.console.show(Dictionary(uniqueKeysWithValues: specs.map { ($0.kind, $0.config.hyphenated) })) {
            var table = TextTable(columns: [("model", .left), ("configuration", .left)])
            for spec in specs { table.append([.init(spec.kind, isEmphasized: true), .init(spec.config.hyphenated.text)]) }
            return table
        }
    }
}

import ArgumentParser
import Foundation
import MarqueeLive

struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features", abstract: "Look into a definition file of features.",
        subcommands: [FeaturesPlanCommand.self])
}

struct FeaturesPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Print what a definition file makes an engine do, as JSON.",
        discussion: """
            The plan names the entities, and for each the features with the label that their state is stored under, \
            their kind, statistic and settings, durations in milliseconds. Equal definitions give equal plans, \
            whatever their order in the file. Engines/README.md says how an engine works by it.

            Example: marquee features plan features.yaml
            """)

    @Argument(help: "The definition file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: Path

    func run() throws {
        print(try FeaturePlan(FeatureDefinitions(contentsOf: file.url)).json())
    }
}

import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeRuntime

struct DataSimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Make up a world whose truth is known.",
        discussion: """
            Writes ratings.csv and movies.csv as MovieLens spells them: latent tastes, genres, directors, a \
            popularity tail and drift. Without sizes it has those of MovieLens 20M.
            """)

    @Option(help: "The folder to write into.")
    var out: Path

    @Option(help: "How many people.")
    var users = MovieWorld.Config.movieLens20M.users

    @Option(help: "How many items.")
    var items = MovieWorld.Config.movieLens20M.items

    @Option(help: "How many interactions.")
    var interactions = MovieWorld.Config.movieLens20M.interactions

    @Option(help: "Equal seeds make equal worlds.")
    var seed: UInt64 = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, value) in [("--users", users), ("--items", items), ("--interactions", interactions)] where value < 1
        {
            throw ValidationError("\(name) must be at least 1, found \(value)")
        }
        guard max(users, items) <= Int(Int32.max) else { throw ValidationError("at most \(Int32.max) users or items") }
    }

    func run() throws {
        let console = output.console
        let world = MovieWorld(MovieWorld.Config(users: users, items: items, interactions: interactions, seed: seed))
        try world.write(to: out.url, progress: console)
        let counts = DatasetCounts(users: world.userCount, items: world.itemCount, interactions: world.interactionCount)
        try console.show(counts) {
            var table = TextTable(
                caption: "simulated, seed \(seed), in \(out.url.path)",
                columns: [("users", .right), ("items", .right), ("interactions", .right)])
            table.append(
                [counts.users, counts.items, counts.interactions].map { TextTable.Cell(Figures.short(Double($0))) })
            return table
        }
    }
}

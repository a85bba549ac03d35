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
            The world 'movies' writes ratings.csv and movies.csv as MovieLens spells them: latent tastes, genres, directors, \
            a popularity tail and drift. Without sizes it has those of MovieLens 20M.

            The world 'media' writes what was shown of news, video and ads and what was clicked, with positions, \
            propensities, dwell and gaze, the catalog, and who is friends with whom; and tells what rankers can reach there.

            Example: marquee data simulate --world media --users 4000 --out media
            """)

    enum World: String, ExpressibleByArgument, CaseIterable { case movies, media }

    @Option(help: "movies, or media.")
    var world = World.movies

    @Option(help: "The folder to write into.")
    var out: Path

    @Option(help: "How many people; without it those of MovieLens 20M, or 4,000 of the media world.")
    var users: Int?

    @Option(help: "How many items, of movies.")
    var items = MovieWorld.Config.movieLens20M.items

    @Option(help: "How many interactions, of movies.")
    var interactions = MovieWorld.Config.movieLens20M.interactions

    @Option(help: "Of the media world, its numbers as YAML: 'days: 14, contagion: 0'.")
    var config: String?

    @Option(help: "Equal seeds make equal worlds.")
    var seed: UInt64 = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, value) in [("--users", users ?? 1), ("--items", items), ("--interactions", interactions)]
        where value < 1 { throw ValidationError("\(name) must be at least 1, found \(value)") }
        guard max(users ?? 1, items) <= Int(Int32.max) else {
            throw ValidationError("at most \(Int32.max) users or items")
        }
        if world == .movies, config != nil { throw ValidationError("--config is of --world media") }
    }

    func run() throws {
        switch world {
        case .movies: try movies()
        case .media: try media()
        }
    }

    private func movies() throws {
        let console = output.console
        let users = users ?? MovieWorld.Config.movieLens20M.users
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

    private func media() throws {
        let console = output.console
        var config = try ConfigDocument(yaml: config ?? "{}", file: "--config").decode(MediaWorld.Config.self)
        if let users { config.people = users }
        config.seed = seed
        try config.validate()
        let log = try MediaWorld(config).simulate(progress: console)
        try log.write(to: out.url)
        try finished(MediaLogSummary(log), console)
    }

    private func finished(_ summary: MediaLogSummary, _ console: Console) throws {
        try console.show(summary) {
            var table = TextTable(
                caption:
                    "simulated, seed \(seed), in \(out.url.path): \(summary.people.grouped) people, "
                    + "\(summary.items.grouped) items, "
                    + "\(summary.shown.grouped) shown in \(summary.requests.grouped) requests, \(summary.clicks.grouped) clicks; "
                    + "click-through at \(summary.moments.grouped) moments of the test days",
                columns: [("ranker", .left), ("CTR", .right)])
            for row in summary.rows {
                table.append([.init(row.ranker.rawValue), .init(String(format: "%.4f", row.clickThrough))])
            }
            return table
        }
    }
}

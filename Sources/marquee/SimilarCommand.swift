import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeModels
import MarqueeRuntime

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "What is like an item, by what a model knows of items.",
        discussion: """
            Models measure it in their own ways, and the table says in which. A model that knows nothing of which items \
            are alike, such as popularity, is refused.
            """)

    @Argument(help: "A model's folder.", completion: .directory)
    var model: Path

    @Option(help: "The item's id, or its title, with or without the year, or the beginning of it.")
    var item: String

    @Option(help: "How many items.")
    var count = 10

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count must be at least 1, found \(count)") }
    }

    func run() throws {
        let console = output.console
        let saved = try SavedModel(contentsOf: model.url)
        let id = try saved.item(named: item)
        guard let similar = try RecommendationService(saved).similar(to: id, count: count) else { return }
        try console.show(similar.items) {
            let title = saved.items.index(of: id).flatMap { saved.catalog[$0]?.titleWithYear } ?? id
            var table = TextTable(
                caption:
                    "like \(title) (item \(id)), by \(similar.measure); model: \(model.url.lastPathComponent)",
                columns: [("#", .right), ("id", .left), ("title", .left), ("genres", .left), ("score", .right)])
            for (place, item) in similar.items.enumerated() {
                table.append([
                    "\("\(place + 1)")", .init(item.item), .init(item.titleWithYear.fitted(to: 46)),
                    .init(item.genres.joined(separator: ", ").fitted(to: 32)),
                    .init(Figures.fixed(Double(item.score), 3)),
                ])
            }
            return table
        }
    }
}

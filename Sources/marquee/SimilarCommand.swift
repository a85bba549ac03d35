import ArgumentParser
import Foundation
import MarqueeData
import MarqueeLab
import MarqueeModels

struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "What is like an item.")

    @Argument(help: "A model's folder.", completion: .directory)
    var model: Path

    @Option(help: "The item's id, or its title or the beginning of it.")
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
        let id = try saved.item(item)
        let similar = RecommendationService(saved).similar(to: id, count: count) ?? []
        try console.show(similar) {
            let title = saved.items.index(of: id).flatMap { saved.catalog[$0]?.title } ?? id
            var table = TextTable(
                caption: "like \(title) (item \(id)); model: \(model.url.lastPathComponent)",
                columns: [("#", .right), ("title", .left), ("genres", .left), ("score", .right)])
            for (place, item) in similar.enumerated() {
                table.append([
                    "\("\(place + 1)")", .init(item.titleWithYear.fitted(to: 46)),
                    .init(item.genres.joined(separator: ", ").fitted(to: 32)),
                    .init(Figures.fixed(Double(item.score), 3)),
                ])
            }
            return table
        }
    }
}

extension SavedModel {
    /// The id of the item that a person means: an id, a title, or the only title that begins so.
    func item(_ text: String) throws -> String {
        if items.index(of: text) != nil { return text }
        let wanted = text.lowercased()
        let matches = catalog.items.indices.filter { catalog.items[$0].title.lowercased().hasPrefix(wanted) }
        let exact = matches.filter { catalog.items[$0].title.lowercased() == wanted }
        let found = exact.isEmpty ? matches : exact
        guard let first = found.first else {
            throw ValidationError("no item has the id or title '\(text)'")
        }
        guard found.count == 1 else {
            let titles = found.prefix(5).map { "\(catalog.items[$0].title) (\(items[Int32($0)]))" }.joined(
                separator: ", ")
            throw ValidationError(
                "\(found.count) titles begin with '\(text)': \(titles)\(found.count > 5 ? ", …" : ""); give more of the title or the id"
            )
        }
        return items[Int32(first)]
    }
}

internal import Foundation

/// What is known of MovieLens' films beyond genres, joined to their ratings: MeLU's `movies_extrainfos.dat` (Lee et al.,
/// KDD 2019), eleven fields apart by `::`: movie id, title, year, board's class, release date, genres, director, writers,
/// actors, plot and poster.
///
/// Ratings, users and titles are read from `ratings.dat` and its companions, beside the file or in the folder `../ml-1m`.
/// Directors, actors and the board's class become facts (``Dataset/knowledge``) of relations `director`, `actor` and
/// `board`, plots the items' text.
struct MovieFactsFormat: DatasetFormat {
    private static let file = "movies_extrainfos.dat"
    private let ratings: ReadContext

    init?(recognizing context: ReadContext) throws {
        guard context.tree.focus == nil, context.tree.has(Self.file) else { return nil }
        if context.tree.has("ratings.dat") {
            ratings = context
        } else {
            guard let sibling = context.tree.sibling("ml-1m"), sibling.has("ratings.dat") else {
                throw ReadError.file(
                    context.tree.path, problem: "tells of MovieLens' films, and no ratings.dat is here or in ../ml-1m",
                    remedy: "put MovieLens 1M beside it")
            }
            context.dependsOn(sibling.dependencies)
            ratings = ReadContext(tree: sibling, pool: context.pool)
        }
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        guard let movies = try MovieLensFormat(recognizing: ratings) else {
            throw ReadError.file(
                ratings.tree.path, problem: "holds no ratings of MovieLens", remedy: "get MovieLens 1M again")
        }
        var (dataset, report) = try movies.read(ratings)
        dataset.name = context.tree.name
        if dataset.catalog.isEmpty {
            dataset.catalog = Catalog(items: dataset.log.itemVocabulary.ids.map { Catalog.Item(title: $0) })
        }
        var graph = KnowledgeGraph(itemEntities: Array(repeating: -1, count: dataset.log.itemCount))
        let source = try context.tree.open(Self.file)
        let records = context.records(source, separator: "::")
        let items = dataset.log.itemVocabulary
        let lines = try records.forEach { record in
            guard record.count == 11 else {
                throw ReadError.line(
                    file: Self.file, line: record.line, expected: "11 fields separated by '::'",
                    found: "\(record.count)",
                    remedy: "the line may be cut off: complete or delete it")
            }
            guard let item = items.index(ofUTF8: record.raw(0)) else { return }
            dataset.catalog.items[Int(item)].text = record[9]
            let facts =
                [("board", record[3])] + Self.people(record[6]).map { ("director", $0) }
                + Self.people(record[8]).map { ("actor", $0) }
            for (relation, value) in facts where !value.isEmpty && value != "N/A" {
                graph.add(item, "film \(record[0])", relation, value)
            }
        }
        dataset.knowledge = graph
        report.files.append(
            ReadReport.File(name: Self.file, role: "facts of films", lines: lines, encoding: records.encoding))
        return (dataset, report)
    }

    /// Names apart by commas, without what they did in parentheses, each once.
    private static func people(_ text: String) -> [String] {
        var seen: Set<String> = []
        return text.split(separator: ",").map {
            String($0.prefix { $0 != "(" }).trimmingCharacters(in: .whitespaces)
        }.filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}

/// Every MovieLens release: 100K (`u.data`, `u.item`, `u.user`), 1M and 10M (`ratings.dat`,
/// `movies.dat`, `users.dat`, `tags.dat`, fields apart by `::`), and 20M, 25M, 32M, latest and
/// latest-small (`ratings.csv`, `movies.csv`, `tags.csv`).
struct MovieLensFormat: DatasetFormat {
    private enum Release: String {
        case tabbed = "MovieLens 100K"
        case colons = "MovieLens 1M/10M (::)"
        case csv = "MovieLens 20M and later (csv)"
    }

    private let release: Release
    private let ratings: String

    init?(recognizing context: ReadContext) throws {
        // By what the first line looks like, the usual name first.
        let usual = ["u.data", "ratings.dat", "ratings.csv"]
        let names = usual.filter(context.candidates.contains) + context.candidates.filter { !usual.contains($0) }
        var found: [(Release, String)] = []
        for name in names {
            guard let first = try context.firstLines(name, 1).first else {
                if usual.contains(name) {
                    throw ReadError.file(
                        name, problem: "holds no interactions", remedy: "check that it was fully downloaded")
                }
                continue
            }
            if let release = Self.release(first) {
                found.append((release, name))
            } else if name == "ratings.dat", first.contains("::") {
                found.append((.colons, name))
            } else if Self.isTabbed(name), first.contains("\t") {
                found.append((.tabbed, name))
            }
            if let last = found.last, usual.contains(last.1) { break }
        }
        guard let chosen = found.first(where: { usual.contains($0.1) }) ?? found.first else { return nil }
        if found.count > 1, !usual.contains(chosen.1) {
            throw ReadError.file(
                context.tree.path, problem: "holds several logs: \(found.map(\.1).joined(separator: ", "))",
                remedy: "name the one to read")
        }
        (release, ratings) = chosen
    }

    /// `u.data`, and the folds `u1.base` and `u1.test` beside it.
    private static func isTabbed(_ name: String) -> Bool {
        name == "u.data"
            || name.count == 7 && name.hasPrefix("u") && (name.hasSuffix(".base") || name.hasSuffix(".test"))
    }

    private static func release(_ line: String) -> Release? {
        if line.filter({ !$0.isWhitespace && $0 != "\"" }).lowercased() == "userid,movieid,rating,timestamp" {
            return .csv
        }
        let colons = line.components("::")
        if colons.count == 4, colons.allSatisfy({ Double($0) != nil }) { return .colons }
        return nil
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        var layout = TableLayout(separator: "", roles: [.user, .item, .value, .timestamp], requiresIntegers: true)
        switch release {
        case .tabbed: layout.separator = "\t"
        case .colons:
            layout.separator = "::"
            layout.isGuess = ratings != "ratings.dat"
        case .csv:
            layout.separator = ","
            layout.header = true
            layout.quotes = true
        }
        let source = try context.tree.open(ratings)
        let result = try context.build { try $0.add(source, layout) }
        let log = result.log()
        context.note(source, role: "ratings", lines: log.count)
        var dataset = Dataset(name: context.tree.name, log: log)
        var catalog = CatalogBuilder(log.itemVocabulary)
        switch release {
        case .tabbed:
            try Self.readItems100K(context, &catalog)
            try Self.readUsers(context, "u.user", "|", ["age", "gender", "occupation", "zip"], &dataset)
        case .colons:
            try Self.readMovies(context, "movies.dat", "::", &catalog)
            try Self.readTags(context, "tags.dat", "::", &catalog)
            try Self.readUsers(context, "users.dat", "::", ["gender", "age", "occupation", "zip"], &dataset)
        case .csv:
            try Self.readMovies(context, "movies.csv", ",", &catalog)
            try Self.readTags(context, "tags.csv", ",", &catalog)
        }
        dataset.catalog = catalog.catalog
        return (dataset, context.report(release.rawValue, dataset))
    }

    // MARK: Titles

    /// `id::title (year)::genre|genre`, or the same with commas and a header.
    static func readMovies(
        _ context: ReadContext, _ name: String, _ separator: String, in tree: SourceTree? = nil,
        _ catalog: inout CatalogBuilder
    ) throws {
        let tree = tree ?? context.tree
        guard tree.has(name) else { return }
        let source = try tree.open(name)
        let records = context.records(source, separator: separator, quotes: separator == ",")
        let lines = try records.forEach { record in
            try expect(3, record, source, separator)
            catalog.update(record.raw(0)) { item in
                (item.title, item.year) = CatalogBuilder.titleAndYear(record[1])
                item.genres = CatalogBuilder.genres(record[2])
            }
        }
        context.note(source, role: "movie titles", lines: lines, encoding: records.encoding)
    }

    /// `user::movie::tag::timestamp`: each item's tags, as often as they were given, become its text.
    private static func readTags(
        _ context: ReadContext, _ name: String, _ separator: String, _ catalog: inout CatalogBuilder
    ) throws {
        guard context.tree.has(name) else { return }
        let source = try context.tree.open(name)
        let records = context.records(source, separator: separator, quotes: separator == ",")
        let lines = try records.forEach { record in
            try expect(4, record, source, separator)
            catalog.update(record.raw(1)) { item in
                if !item.text.isEmpty { item.text += ", " }
                item.text += record[2]
            }
        }
        context.note(source, role: "tags", lines: lines, encoding: records.encoding)
    }

    /// `id|title (year)|date|video date|URL|flag|flag…`, the flags in the order of `u.genre`.
    private static func readItems100K(_ context: ReadContext, _ catalog: inout CatalogBuilder) throws {
        guard context.tree.has("u.item") else { return }
        var genres = [
            "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
            "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
        ]
        if context.tree.has("u.genre") {
            let source = try context.tree.open("u.genre")
            var listed: [String] = []
            let lines = try context.records(source, separator: "|").forEach { listed.append($0[0]) }
            if !listed.isEmpty { genres = listed }
            context.note(source, role: "genres", lines: lines)
        }
        let source = try context.tree.open("u.item")
        let records = context.records(source, separator: "|")
        let lines = try records.forEach { record in
            try expect(5 + genres.count, record, source, "|")
            catalog.update(record.raw(0)) { item in
                (item.title, item.year) = CatalogBuilder.titleAndYear(record[1])
                item.genres = genres.indices.filter { record[5 + $0] == "1" }.map { genres[$0] }
                    .filter { $0 != "unknown" }
            }
        }
        context.note(source, role: "movie titles", lines: lines, encoding: records.encoding)
    }

    private static func readUsers(
        _ context: ReadContext, _ name: String, _ separator: String, _ attributes: [String], _ dataset: inout Dataset
    ) throws {
        guard context.tree.has(name) else { return }
        let source = try context.tree.open(name)
        let records = context.records(source, separator: separator)
        var columns = attributes.map { _ in [String](repeating: "", count: dataset.log.userCount) }
        let users = dataset.log.userVocabulary
        let lines = try records.forEach { record in
            try expect(1 + attributes.count, record, source, separator)
            guard let user = users.index(ofUTF8: record.raw(0)) else { return }
            for column in columns.indices { columns[column][Int(user)] = record[column + 1] }
        }
        dataset.userAttributes = Dictionary(uniqueKeysWithValues: zip(attributes, columns))
        context.note(source, role: "users", lines: lines, encoding: records.encoding)
    }

    private static func expect(
        _ count: Int, _ record: DelimitedRecords.Record, _ source: SourceText, _ separator: String
    ) throws {
        guard record.count != count else { return }
        throw ReadError.line(
            file: source.name, line: record.line,
            expected: "\(count) fields separated by \(TableLayout.spoken(separator))", found: "\(record.count)",
            remedy: record.count < count
                ? "the line may be cut off: complete or delete it" : "delete the surplus or quote what holds separators"
        )
    }
}

extension StringProtocol {
    /// The parts between occurrences of `separator`, empty ones included.
    func components(_ separator: String) -> [SubSequence] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}

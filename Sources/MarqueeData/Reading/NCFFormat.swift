internal import Foundation

/// The NCF paper's files (He et al., WWW 2017): `NAME.train.rating` and `NAME.test.rating`, "user item
/// rating timestamp", and `NAME.test.negative`, "(user,item) negative negative …".
///
/// The log holds the training rows alone, the vocabularies every id; the test is the data set's
/// ``Dataset/frozen``. Where `item_map.tsv` ("index movie") and MovieLens' `movies.dat`, here or in
/// `../NAME`, are there too, items have their titles.
struct NCFFormat: DatasetFormat {
    private let stem: String

    init?(recognizing context: ReadContext) throws {
        let ending = ".train.rating"
        let stems = context.candidates.compactMap { name -> String? in
            for ending in [ending, ".test.rating", ".test.negative"] where name.hasSuffix(ending) {
                let stem = String(name.dropLast(ending.count))
                return context.tree.has(stem + ".train.rating") ? stem : nil
            }
            return nil
        }
        let distinct = Set(stems).sorted()
        guard let first = distinct.first else { return nil }
        guard distinct.count == 1 else {
            throw ReadError.file(
                context.tree.path,
                problem: "holds several logs: \(distinct.map { $0 + ending }.joined(separator: ", "))",
                remedy: "name the one to read")
        }
        stem = first
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let tree = context.tree
        let train = try tree.open("\(stem).train.rating")
        let test = tree.has("\(stem).test.rating") ? try tree.open("\(stem).test.rating") : nil
        let negatives = tree.has("\(stem).test.negative") ? try tree.open("\(stem).test.negative") : nil
        let layout = try TableLayout(separator: "\t", roles: roles(context, train), requiresIntegers: true)
        let result = try context.build(dense: true) { builder in
            try builder.add(train, layout)
            if let test {
                try builder.add(
                    test, TableLayout(separator: "\t", roles: roles(context, test), requiresIntegers: true))
            }
            if let negatives { try builder.addList(negatives, tuples: true) }
        }
        var dataset = Dataset(name: stem, log: result.log())
        context.note(train, role: "training ratings", lines: dataset.log.count)
        if let test {
            let held = result.parts[1]
            context.note(test, role: "test ratings", lines: held.users.count)
            let holdout = Holdout(pairs: zip(held.users, held.items).map { (user: $0, item: $1) })
            var frozen = FrozenTest(holdout: holdout)
            if let negatives {
                let list = result.parts[2]
                frozen.negatives = try Self.rows(list, holdout, negatives, test: test.name)
                context.note(negatives, role: "test negatives", lines: list.opens.reduce(0) { $0 + Int($1) })
            }
            dataset.frozen = frozen
        }
        dataset.catalog = try titles(context, dataset.log.itemVocabulary)
        return (dataset, context.report("NCF paper's files", dataset))
    }

    /// User and item, then rating and timestamp as far as the lines have them.
    private func roles(_ context: ReadContext, _ source: SourceText) throws -> [TableLayout.Role] {
        let count = try context.firstLines(source.name, 1).first?.components("\t").count ?? 4
        let roles: [TableLayout.Role] = [.user, .item, .value, .timestamp]
        guard count >= 2 else {
            throw ReadError.line(
                file: source.name, line: 1, expected: "4 fields separated by tabs", found: "\(count)",
                remedy: "the line may be cut off: complete or delete it")
        }
        return Array(roles.prefix(max(2, count))) + Array(repeating: .skip, count: max(0, count - 4))
    }

    /// The negatives of each held-out user; every line begins with the pair that it belongs to.
    static func rows(
        _ list: LogBuilder.Columns, _ holdout: Holdout, _ source: SourceText, test: String
    ) throws -> FrozenNegatives {
        var rows = [[Int32]](repeating: [], count: holdout.users.count)
        var row = 0
        for index in list.users.indices {
            let user = list.users[index]
            if list.opens[index] == 1 {
                guard let found = holdout.users.firstIndex(sorted: user), holdout[found].contains(list.items[index])
                else {
                    throw ReadError.file(
                        source.name, problem: "has a line whose pair is not in \(test)",
                        remedy: "take both files from the same split")
                }
                row = found
            } else {
                rows[row].append(list.items[index])
            }
        }
        if let missing = rows.firstIndex(where: \.isEmpty) {
            throw ReadError.file(
                source.name, problem: "has no negatives for user \(holdout.users[missing]) of \(test)",
                remedy: "take both files from the same split")
        }
        return FrozenNegatives(name: source.name, rows: rows)
    }

    private func titles(_ context: ReadContext, _ items: Vocabulary) throws -> Catalog {
        let sibling = context.tree.has("movies.dat") ? context.tree : context.tree.sibling(stem)
        guard context.tree.has("item_map.tsv"), let sibling, sibling.has("movies.dat") else { return Catalog() }
        if !context.tree.has("movies.dat") {
            context.dependsOn(sibling.dependencies.filter { $0.lastPathComponent.hasPrefix("movies.dat") })
        }
        var movieIndex = Vocabulary()
        var itemOfMovie: [Int32] = []
        let map = try context.tree.open("item_map.tsv")
        let lines = try context.records(map, separator: "\t").forEach { record in
            guard record.count == 2 else {
                throw ReadError.line(
                    file: map.name, line: record.line, expected: "2 fields separated by tabs", found: "\(record.count)",
                    remedy: "complete or delete the line")
            }
            guard let item = items.index(ofUTF8: record.raw(0)), movieIndex.index(ofUTF8: record.raw(1)) == nil else {
                return
            }
            movieIndex.insert(record[1])
            itemOfMovie.append(item)
        }
        context.note(map, role: "item map", lines: lines)
        var movies = CatalogBuilder(movieIndex)
        try MovieLensFormat.readMovies(context, "movies.dat", "::", in: sibling, &movies)
        var catalog = CatalogBuilder(items)
        for (movie, item) in itemOfMovie.enumerated() { catalog.update(item) { $0 = movies.items[movie] } }
        return catalog.catalog
    }
}

extension [Int32] {
    /// The position of `value` in an ascending array. O(log count).
    package func firstIndex(sorted value: Int32) -> Int? {
        var lower = 0
        var upper = count
        while lower < upper {
            let middle = (lower + upper) / 2
            if self[middle] < value { lower = middle + 1 } else { upper = middle }
        }
        return lower < count && self[lower] == value ? lower : nil
    }
}

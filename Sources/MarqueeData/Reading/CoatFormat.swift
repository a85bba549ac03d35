/// Ratings that people chose to give beside ratings of items that were drawn for them, as the Coat data has them
/// (Schnabel, Swaminathan, Singh, Chandak and Joachims, ICML 2016): `train.ascii` and `test.ascii`, a line a user and a
/// number an item, 0 where there is no rating.
///
/// The log holds what was chosen, user by user; what was drawn is the data set's ``Dataset/frozen``, with its ratings.
/// Where `user_item_features` is there too, users have its attributes and items its categories:
/// `user_features.ascii` and `item_features.ascii`, lines of 0 and 1, whose columns `user_features_map.txt` and
/// `item_features_map.txt` name, `jackettype:bomber`.
struct CoatFormat: DatasetFormat {
    private static let train = "train.ascii", test = "test.ascii"

    init?(recognizing context: ReadContext) throws {
        guard context.tree.focus == nil, context.tree.has(Self.train), context.tree.has(Self.test) else { return nil }
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let chosen = try numbers(Self.train, "chosen ratings", in: context.tree, context)
        let drawn = try numbers(Self.test, "drawn ratings", in: context.tree, context)
        let (users, items) = (chosen.count, chosen[0].count)  // A table has a row.
        try check(Self.test, drawn, rows: users, columns: items)
        var dataset = Dataset(
            name: context.tree.name,
            log: InteractionLog(
                userVocabulary: Vocabulary(integers: 0..<Int64(users)),
                itemVocabulary: Vocabulary(integers: 0..<Int64(items))))
        var asked: [(user: Int32, item: Int32, rating: Float)] = []
        for user in 0..<users {
            for item in 0..<items {
                if chosen[user][item] > 0 {
                    dataset.log.users.append(Int32(user))
                    dataset.log.items.append(Int32(item))
                    dataset.log.values.append(chosen[user][item])
                }
                if drawn[user][item] > 0 { asked.append((Int32(user), Int32(item), drawn[user][item])) }
            }
        }
        dataset.frozen = FrozenTest(holdout: Holdout(rated: asked))
        if let folder = context.tree.folder("user_item_features") {
            context.dependsOn(folder.dependencies)
            if let attributes = try features("user", users, in: folder, context) {
                for (column, name) in attributes.names.enumerated() {
                    for user in 0..<users where attributes.rows[user][column] != 0 {
                        dataset.userAttributes[name.attribute, default: Array(repeating: "", count: users)][user] =
                            name.value
                    }
                }
            }
            if let categories = try features("item", items, in: folder, context) {
                dataset.catalog.items = (0..<items).map { item in
                    let own = categories.names.indices.filter { categories.rows[item][$0] != 0 }
                    return Catalog.Item(
                        title: "\(item): " + own.map { categories.names[$0].value }.joined(separator: ", "),
                        genres: own.map { "\(categories.names[$0].attribute) \(categories.names[$0].value)" },
                        domain: "fashion")
                }
            }
        }
        return (dataset, context.report("chosen and drawn ratings", dataset))
    }

    /// The features of users or items with their columns' names; nil where there are none.
    private func features(
        _ whose: String, _ count: Int, in tree: SourceTree, _ context: ReadContext
    ) throws -> (names: [(attribute: String, value: String)], rows: [[Float]])? {
        let (table, map) = ("\(whose)_features.ascii", "\(whose)_features_map.txt")
        guard tree.has(table) else { return nil }
        let rows = try numbers(table, "\(whose) features", in: tree, context)
        try check(table, rows, rows: count, columns: rows[0].count)
        guard tree.has(map) else {
            return (rows[0].indices.map { (attribute: "feature \($0 + 1)", value: "yes") }, rows)
        }
        var names: [(attribute: String, value: String)] = []
        try DelimitedRecords(tree.open(map), separator: ":").forEach { names.append((attribute: $0[0], value: $0[1])) }
        guard names.count == rows[0].count else {
            throw ReadError.file(
                map, problem: "names \(names.count) columns, \(table) has \(rows[0].count)",
                remedy: "take both from the same data")
        }
        return (names, rows)
    }

    private func numbers(
        _ name: String, _ role: String, in tree: SourceTree, _ context: ReadContext
    ) throws -> [[Float]] {
        let source = try tree.open(name)
        var rows: [[Float]] = []
        let lines = try DelimitedRecords(source, separator: " ").forEach { record in
            var row: [Float] = []
            for column in 0..<record.count where !record[column].isEmpty {
                guard let value = Float(record[column]), value.isFinite, value >= 0 else {
                    throw ReadError.line(
                        file: name, line: record.line, expected: "a number from 0 (field \(column + 1))",
                        found: "'\(record[column].shortened)'", remedy: "correct it; 0 stands for no rating")
                }
                row.append(value)
            }
            if let first = rows.first, first.count != row.count {
                throw ReadError.line(
                    file: name, line: record.line, expected: "\(first.count) numbers", found: "\(row.count)",
                    remedy: "the line may be cut off: complete it")
            }
            rows.append(row)
        }
        guard rows.first?.isEmpty == false else {
            throw ReadError.file(name, problem: "no numbers", remedy: "it has a line a user and a number an item")
        }
        context.note(source, role: role, lines: lines)
        return rows
    }

    private func check(_ name: String, _ table: [[Float]], rows: Int, columns: Int) throws {
        guard table.count == rows, table[0].count == columns else {
            throw ReadError.file(
                name,
                problem: "is \(table.count) × \(table[0].count) where \(Self.train) asks for \(rows) × \(columns)",
                remedy: "take all files from the same data")
        }
    }
}

/// RecBole's atomic files: `NAME.inter` and beside it `.item`, `.user`, `.net`, `.kg` and `.link`,
/// each with a header of typed columns, `user_id:token⇥item_id:token⇥rating:float`.
///
/// Of `.inter`, the columns `rating` (or `weight`, `label`, `count`, `value`), `timestamp` (fractions kept to the
/// millisecond) and `behavior` are kept. A log in parts, `NAME.train.inter`, `NAME.valid.inter` and `NAME.test.inter`
/// (RecBole's `benchmark_filename: [train, valid, test]`), is the training rows with the others as
/// ``Dataset/frozen``. Source: recbole.io, "Atomic Files".
struct RecBoleFormat: DatasetFormat {
    private struct Column {
        let name: String
        let type: String
    }

    private let stem: String
    /// Files of a log in parts; nil where the log is one file.
    private let parts: (train: String, validation: String?, test: String)?

    init?(recognizing context: ReadContext) throws {
        var stems: [String] = []
        for name in context.candidates where name.hasSuffix(".inter") {
            guard let first = try context.firstLines(name, 1).first else {
                throw ReadError.file(name, problem: "is empty", remedy: "check that it was fully downloaded")
            }
            guard Self.columns(first) != nil else {
                throw ReadError.line(
                    file: name, line: 1, expected: "a header of typed columns such as 'user_id:token'",
                    found: "'\(first.shortened)'", remedy: "add the header")
            }
            stems.append(String(name.dropLast(6)))
        }
        if stems.isEmpty { return nil }
        if let (stem, parts) = Self.parts(stems, context) {
            (self.stem, self.parts) = (stem, parts)
            return
        }
        parts = nil
        let named = stems.first { $0 == context.tree.name }
        guard let stem = named ?? (stems.count == 1 ? stems[0] : nil) else {
            throw ReadError.file(
                context.tree.path,
                problem: "holds several logs: \(stems.map { $0 + ".inter" }.joined(separator: ", "))",
                remedy: "name the one to read")
        }
        self.stem = stem
    }

    /// The parts of the one log that is in parts; nil where none is, or one file was asked for.
    private static func parts(
        _ stems: [String], _ context: ReadContext
    ) -> (stem: String, parts: (train: String, validation: String?, test: String))? {
        let fronts = stems.filter { $0.hasSuffix(".train") }.map { String($0.dropLast(6)) }
            .filter { stems.contains("\($0).test") && !stems.contains($0) }
        guard fronts.count == 1, let front = fronts.first else { return nil }
        let validation = SplitFilesFormat.validationNames.map { "\(front).\($0)" }.first(where: stems.contains)
        return (front, ("\(front).train.inter", validation.map { "\($0).inter" }, "\(front).test.inter"))
    }

    private static func columns(_ header: String) -> [Column]? {
        let columns = header.components("\t").map { field -> Column? in
            guard let colon = field.lastIndex(of: ":") else { return nil }
            let type = field[field.index(after: colon)...]
            guard ["token", "token_seq", "float", "float_seq"].contains(type) else { return nil }
            return Column(name: String(field[..<colon]), type: String(type))
        }
        return columns.contains { $0 == nil } ? nil : columns.compactMap { $0 }
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let names = parts.map { [$0.train, $0.test] + ($0.validation.map { [$0] } ?? []) } ?? ["\(stem).inter"]
        let sources = try names.map { try context.tree.open($0) }
        let result = try context.build { builder in
            for (index, source) in sources.enumerated() {
                var layout = try layout(source.name, context)
                if index > 0 {
                    layout.isGuess = false
                    for column in layout.roles.indices
                    where layout.roles[column] != .user && layout.roles[column] != .item {
                        layout.roles[column] = .skip
                    }
                }
                try builder.add(source, layout)
            }
        }
        var dataset = Dataset(name: stem, log: result.log())
        context.note(
            sources[0], role: parts == nil ? "interactions" : "training interactions", lines: dataset.log.count)
        if parts != nil {
            func holdout(_ index: Int, _ role: String) -> Holdout {
                let columns = result.parts[index]
                context.note(sources[index], role: role, lines: columns.users.count)
                return Holdout(pairs: zip(columns.users, columns.items).map { (user: $0, item: $1) })
            }
            dataset.frozen = FrozenTest(holdout: holdout(1, "test interactions"))
            if sources.count > 2 { dataset.frozen?.validation = holdout(2, "validation interactions") }
        }
        try readItems(context, &dataset)
        try readUsers(context, &dataset)
        try readNet(context, &dataset)
        try readKnowledge(context, &dataset)
        return (dataset, context.report("RecBole atomic files", dataset))
    }

    /// The columns of one `.inter`: those that the mapping names, and the others by RecBole's names.
    private func layout(_ file: String, _ context: ReadContext) throws -> TableLayout {
        let header = Self.columns(try context.firstLines(file, 1).first ?? "") ?? []
        let tokens = header.indices.filter { header[$0].type == "token" }
        let names = header.map(\.name)
        var roles = [TableLayout.Role](repeating: .skip, count: header.count)
        for (role, column) in context.mapping.roles {
            // By name, or as the header spells it, `user_id:token`.
            let typed = header.map { "\($0.name):\($0.type)" }
            if case .name(let name) = column, let index = typed.firstIndex(of: name) {
                roles[index] = role
            } else {
                roles[try column.index(in: names, file: file)] = role
            }
        }
        func assign(id role: TableLayout.Role, _ name: String, else position: Int) throws {
            guard !roles.contains(role) else { return }
            let index = names.firstIndex(of: name) ?? (tokens.count > position ? tokens[position] : nil)
            guard let index, roles[index] == .skip else {
                throw ReadError.noColumn(file: file, column: "\(name):token", found: names)
            }
            roles[index] = role
        }
        try assign(id: .user, "user_id", else: 0)
        try assign(id: .item, "item_id", else: 1)
        func assign(_ role: TableLayout.Role, _ names: [String], float: Bool) {
            guard !roles.contains(role) else { return }
            for name in names {
                let found = header.indices.first {
                    header[$0].name == name && roles[$0] == .skip && (header[$0].type == "float") == float
                }
                if let found {
                    roles[found] = role
                    return
                }
            }
        }
        assign(.value, ["rating", "weight", "label", "count", "value"], float: true)
        assign(.timestamp, ["timestamp", "time"], float: true)
        assign(.behavior, ["behavior", "behaviour", "behavior_type"], float: false)
        return TableLayout(separator: "\t", header: true, roles: roles, names: names, isGuess: true)
    }

    /// Calls `body` with every record of `stem.suffix` after its header, if the file is there.
    private func forEach(
        _ suffix: String, role: String, _ context: ReadContext,
        _ body: ([String], DelimitedRecords.Record) throws -> Void
    ) throws {
        let name = "\(stem).\(suffix)"
        guard context.tree.has(name) else { return }
        let source = try context.tree.open(name)
        let records = context.records(source, separator: "\t")
        let header = try context.firstLines(name, 1).first ?? ""
        guard let columns = Self.columns(header) else {
            throw ReadError.line(
                file: name, line: 1, expected: "a header of typed columns such as 'item_id:token'",
                found: "'\(header.shortened)'", remedy: "add the header")
        }
        let names = columns.map(\.name)
        var isHeader = true
        let lines = try records.forEach { record in
            if isHeader {
                isHeader = false
                return
            }
            guard record.count == columns.count else {
                throw ReadError.line(
                    file: name, line: record.line, expected: "\(columns.count) fields separated by tabs",
                    found: "\(record.count)",
                    remedy: record.count < columns.count
                        ? "the line may be cut off: complete or delete it" : "delete the surplus")
            }
            try body(names, record)
        }
        context.note(source, role: role, lines: max(0, lines - 1), encoding: records.encoding)
    }

    private func readItems(_ context: ReadContext, _ dataset: inout Dataset) throws {
        var catalog = CatalogBuilder(dataset.log.itemVocabulary)
        try forEach("item", role: "items", context) { names, record in
            let id = names.firstIndex(of: "item_id") ?? 0
            catalog.update(record.raw(id)) { item in
                for (column, name) in names.enumerated() where column != id {
                    let name = name.lowercased()
                    if name.contains("title") || name == "name" {
                        let (title, year) = CatalogBuilder.titleAndYear(record[column])
                        item.title = title
                        if let year { item.year = year }
                    } else if name.contains("year") {
                        item.year = Int(record[column]) ?? item.year
                    } else if name.contains("genre") || name.contains("categor") || name == "class" {
                        item.genres = CatalogBuilder.genres(record[column], separator: " ")
                    } else if ["text", "tags", "description", "abstract"].contains(name) {
                        item.text = record[column]
                    } else if name == "domain" {
                        item.domain = record[column]
                    }
                }
            }
        }
        dataset.catalog = catalog.catalog
    }

    private func readUsers(_ context: ReadContext, _ dataset: inout Dataset) throws {
        let users = dataset.log.userVocabulary
        var attributes: [String: [String]] = [:]
        try forEach("user", role: "users", context) { names, record in
            let id = names.firstIndex(of: "user_id") ?? 0
            guard let user = users.index(ofUTF8: record.raw(id)) else { return }
            for (column, name) in names.enumerated() where column != id {
                attributes[name, default: Array(repeating: "", count: users.count)][Int(user)] = record[column]
            }
        }
        dataset.userAttributes = attributes
    }

    private func readNet(_ context: ReadContext, _ dataset: inout Dataset) throws {
        let users = dataset.log.userVocabulary
        var edges: [SocialEdge] = []
        var strangers = 0
        try forEach("net", role: "social ties", context) { names, record in
            let from = names.firstIndex(of: "source_id") ?? 0
            let to = names.firstIndex(of: "target_id") ?? 1
            guard let source = users.index(ofUTF8: record.raw(from)), let target = users.index(ofUTF8: record.raw(to))
            else {
                strangers += 1
                return
            }
            let weight = names.firstIndex(of: "weight").map { Float(record[$0]) ?? 1 } ?? 1
            edges.append(SocialEdge(from: source, to: target, weight: weight))
        }
        if strangers > 0 {
            context.notes.append(
                DataNote(.joining, "\(strangers) social ties of users without interactions were left out"))
        }
        dataset.socialEdges = edges
    }

    private func readKnowledge(_ context: ReadContext, _ dataset: inout Dataset) throws {
        guard context.tree.has("\(stem).kg") else { return }
        var graph = KnowledgeGraph()
        try forEach("kg", role: "knowledge triples", context) { names, record in
            let head = names.firstIndex(of: "head_id") ?? 0
            let relation = names.firstIndex(of: "relation_id") ?? 1
            let tail = names.firstIndex(of: "tail_id") ?? 2
            graph.heads.append(graph.entities.insert(record[head]))
            graph.predicates.append(graph.relations.insert(record[relation]))
            graph.tails.append(graph.entities.insert(record[tail]))
        }
        graph.itemEntities = Array(repeating: -1, count: dataset.log.itemCount)
        let items = dataset.log.itemVocabulary
        try forEach("link", role: "item links", context) { names, record in
            let id = names.firstIndex(of: "item_id") ?? 0
            let entity = names.firstIndex(of: "entity_id") ?? 1
            guard let item = items.index(ofUTF8: record.raw(id)) else { return }
            graph.itemEntities[Int(item)] = graph.entities.insert(record[entity])
        }
        dataset.knowledge = graph
    }
}

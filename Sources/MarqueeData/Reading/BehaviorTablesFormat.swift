/// One table a behavior, named by it: `views.csv`, `carts.csv`, `purchases.csv`, each with user and item in its header,
/// or JSON lines. Times are kept where all have them; values, which mean something else in each, are not.
struct BehaviorTablesFormat: DatasetFormat {
    /// By commitment, the target last.
    private let tables: [(behavior: String, file: String, layout: TableLayout)]

    init?(recognizing context: ReadContext) throws {
        guard context.tree.focus == nil, context.mapping.file == nil else { return nil }
        var found: [(behavior: String, file: String, layout: TableLayout)] = []
        for name in context.tree.names {
            guard let behavior = Self.behavior(name), let layout = try TableGuess.layout(of: name, context),
                !layout.names.isEmpty, !layout.has(.behavior)
            else { continue }
            found.append((behavior, name, layout))
        }
        guard found.count > 1, Set(found.map(\.behavior)).count == found.count else { return nil }
        tables = found.sorted {
            (InteractionLog.commitment($0.behavior), $0.behavior) < (
                InteractionLog.commitment($1.behavior), $1.behavior
            )
        }
    }

    /// What a file's name says that its rows are, in the singular; nil where it says nothing known.
    private static func behavior(_ file: String) -> String? {
        guard let stem = file.split(separator: ".").first.map(String.init) else { return nil }
        return [stem, stem.hasSuffix("s") ? String(stem.dropLast()) : stem].first { InteractionLog.commitment($0) > 0 }
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let sources = try tables.map { try context.open($0.file, $0.layout) }
        let result = try context.build { builder in
            for (source, table) in zip(sources, tables) {
                var layout = table.layout
                for index in layout.roles.indices where layout.roles[index] == .value { layout.roles[index] = .skip }
                try builder.add(source, layout)
            }
        }
        let names = tables.map(\.behavior)
        var log = InteractionLog(
            userVocabulary: result.users, itemVocabulary: result.items, behaviorNames: names,
            target: InteractionLog.mostCommitted(of: names))
        let hasTimes = result.parts.allSatisfy { !$0.timestamps.isEmpty }
        for (index, columns) in result.parts.enumerated() {
            context.note(sources[index], role: names[index], lines: columns.users.count)
            log.users += columns.users
            log.items += columns.items
            if hasTimes { log.timestamps += columns.timestamps }
            log.behaviors += Array(repeating: UInt8(index), count: columns.users.count)
        }
        if !hasTimes, let file = zip(tables, result.parts).first(where: { $1.timestamps.isEmpty })?.0.file,
            result.parts.contains(where: { !$0.timestamps.isEmpty })
        {
            context.notes.append(DataNote(.unused, "times are left out, since \(file) has none"))
        }
        return (
            Dataset(name: context.tree.name, log: log),
            context.report("a table of each behavior", Dataset(name: context.tree.name, log: log))
        )
    }
}

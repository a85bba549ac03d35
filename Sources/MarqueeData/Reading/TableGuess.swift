/// What the columns of a table are taken for: by the names of a header or of JSON's keys, else by what they hold.
enum TableGuess {
    /// How many lines are looked at.
    private static let lines = 200

    /// The layout of a file; nil where it is no table with a user and an item.
    /// - Parameter isPart: whether the file's name says already that it holds a part of a log, so that pairs alone and
    ///   values of any size are taken.
    /// - Throws: ``ReadError`` that asks, where two readings fit.
    static func layout(of name: String, _ context: ReadContext, isPart: Bool = false) throws -> TableLayout? {
        let mapping = context.mapping
        let lines = try context.firstLines(name, Self.lines).filter { !$0.trimmed.isEmpty }
        guard let first = lines.first else { return nil }
        if JSONLines.names(name) {
            let keys = JSONLines.keys(lines)
            guard var layout = try named(keys.map(\.key), name, mapping) else { return nil }
            (layout.separator, layout.quotes, layout.hasKeys) = (",", true, true)
            // What happened, as event logs call it, and not what kind of item it happened to.
            if let type = keys.firstIndex(where: { $0.key == "type" }), layout.roles[type] == .skip,
                !layout.has(.behavior), keys[type].texts.contains(where: { InteractionLog.commitment($0) > 0 })
            {
                layout.roles[type] = .behavior
            }
            return layout
        }
        let separators = mapping.separator.map { [MappedFormat.separator(spelled: $0)] }
        for separator in separators ?? MappedFormat.separators where first.contains(separator) {
            let rows = lines.map { line in line.components(separator).map { $0.filter { $0 != "\"" }.trimmed } }
            let quotes = mapping.quotes ?? (separator != "\t")
            if mapping.header != false, var layout = try named(rows[0], name, mapping) {
                (layout.separator, layout.quotes, layout.header) = (separator, quotes, true)
                return layout
            }
            if mapping.header != true, var layout = try positional(rows, name, mapping, separator, isPart: isPart) {
                (layout.separator, layout.quotes) = (separator, false)
                return layout
            }
        }
        return nil
    }

    private static func named(_ names: [String], _ file: String, _ mapping: ColumnMapping) throws -> TableLayout? {
        let plain = names.map(ColumnNames.plain)
        var roles = try asked(names, file, mapping)
        func assign(_ role: TableLayout.Role, _ tiers: [[String]]) {
            guard !roles.contains(role) else { return }
            for tier in tiers {
                if let column = plain.indices.first(where: { roles[$0] == .skip && tier.contains(plain[$0]) }) {
                    roles[column] = role
                    return
                }
            }
        }
        let given = roles
        assign(.user, [ColumnNames.users])
        assign(.item, [ColumnNames.items])
        guard roles.contains(.user), roles.contains(.item) else { return nil }
        for (role, word, known) in [
            (TableLayout.Role.user, "user", ColumnNames.users), (.item, "item", ColumnNames.items),
        ] where !given.contains(role) {
            let candidates = names.indices.filter { given[$0] == .skip && known.contains(plain[$0]) }.map { names[$0] }
            guard candidates.count > 1, let first = candidates.first else { continue }
            throw ReadError.file(
                file,
                problem: "has several columns that could be the \(word): \(candidates.joined(separator: ", "))",
                remedy: "say which, such as `columns: { \(word): \(first) }`")
        }
        assign(.behavior, ColumnNames.behaviors)
        assign(.value, ColumnNames.values)
        assign(.timestamp, ColumnNames.timestamps)
        return TableLayout(separator: "", roles: roles, names: names, isGuess: true)
    }

    /// The roles that the mapping gives; the rest is open.
    private static func asked(
        _ names: [String], _ file: String, _ mapping: ColumnMapping
    ) throws -> [TableLayout.Role] {
        var roles = [TableLayout.Role](repeating: .skip, count: names.count)
        for (role, column) in mapping.roles { roles[try column.index(in: names, file: file)] = role }
        return roles
    }

    /// User and item first, then a value and a time, told apart by their size.
    private static func positional(
        _ lines: [[String]], _ file: String, _ mapping: ColumnMapping, _ separator: String, isPart: Bool
    ) throws -> TableLayout? {
        let count = lines[0].count
        guard count >= 2 else { return nil }
        // A bad line among them does not make it another file.
        let rows = lines.filter { $0.count == count && Int64($0[0]) != nil && Int64($0[1]) != nil }
        guard rows.count * 4 >= lines.count * 3, !rows.isEmpty else { return nil }
        if separator == " " { guard try !isList(rows, file, mapping) else { return nil } }
        guard count > 2 || isPart || !mapping.roles.isEmpty else { return nil }
        let columns = (0..<count).map { column in rows.map { $0[column] } }
        let places = (1...count).map(String.init)
        var roles = try asked(places, file, mapping)
        if !roles.contains(.user) { roles[0] = .user }
        if !roles.contains(.item), roles[1] == .skip { roles[1] = .item }
        guard roles.contains(.user), roles.contains(.item) else { return nil }
        let open = roles.indices.filter { roles[$0] == .skip }
        let times = open.filter { TimeColumn.looksLike(columns[$0]) }
        let numbers = open.filter { column in
            !times.contains(column) && columns[column].allSatisfy { Double($0) != nil }
                && !columns[column].allSatisfy { $0 == "1" }
        }
        let isClear = numbers.allSatisfy { column in
            isPart || columns[column].allSatisfy { abs(Double($0) ?? 0) <= 100 }
        }
        guard times.count <= 1, numbers.count <= 1, isClear else {
            throw ReadError.file(
                file,
                problem:
                    "has \(count) columns without names, which could mean several things ('\(rows[0].joined(separator: separator).shortened)')",
                remedy: "say which is which, such as `columns: { user: 1, item: 2, value: 3, timestamp: 4 }`")
        }
        // Two numbers and text behind them are no log that anybody could tell.
        guard count == 2 || isPart || !mapping.roles.isEmpty || times.count + numbers.count > 0 else { return nil }
        if let column = times.first, !roles.contains(.timestamp) { roles[column] = .timestamp }
        if let column = numbers.first, !roles.contains(.value) { roles[column] = .value }
        return TableLayout(separator: "", roles: roles, isGuess: true, requiresIntegers: true)
    }

    /// Whether rows of whole numbers are lists, "user item item …", rather than "user item rating timestamp".
    ///
    /// What speaks for a table is that every line has three or four fields, small numbers and times behind user and
    /// item; what speaks against lists, that a user has several lines.
    /// - Throws: ``ReadError`` that asks, where both fit.
    static func isList(_ rows: [[String]], _ file: String, _ mapping: ColumnMapping) throws -> Bool {
        let whole = rows.allSatisfy { $0.allSatisfy { Int64($0) != nil } }
        if let lists = mapping.lists { return lists && whole }
        guard whole, let count = rows.first?.count else { return false }
        guard (3...4).contains(count), rows.allSatisfy({ $0.count == count }) else { return true }
        func column(_ index: Int) -> [String] { rows.map { $0[index] } }
        func isSmall(_ index: Int) -> Bool { column(index).allSatisfy { Int64($0).map { abs($0) <= 10 } ?? false } }
        func isTime(_ index: Int) -> Bool { TimeColumn.looksLike(column(index)) }
        let isTable =
            count == 3 ? isSmall(2) || isTime(2) : isSmall(2) && isTime(3) || isTime(2) && isSmall(3)
        guard isTable else { return true }
        if Set(column(0)).count < rows.count { return false }
        let tail =
            count == 3
            ? (isTime(2) ? "timestamp: 3" : "value: 3")
            : isTime(3) ? "value: 3, timestamp: 4" : "timestamp: 3, value: 4"
        throw ReadError.file(
            file,
            problem:
                "could be lists, 'user item item …', or a table, 'user item rating' and more ('\(rows[0].joined(separator: " ").shortened)')",
            remedy: "say which: `columns: { lists: true }` or `columns: { user: 1, item: 2, \(tail) }`")
    }
}

/// One table: a delimited file or JSON lines whose columns are named as people usually name them, or speak for
/// themselves.
struct TableFormat: DatasetFormat {
    private let file: String
    private let layout: TableLayout

    init?(recognizing context: ReadContext) throws {
        var found: [(file: String, layout: TableLayout)] = []
        var question: ReadError?
        for name in context.candidates where context.tree.focus == name || !ReadContext.isAbout(name) {
            do {
                if let layout = try TableGuess.layout(of: name, context) { found.append((name, layout)) }
            } catch let error as ReadError {
                question = question ?? error
            }
        }
        // Names say more than numbers do.
        let named = found.filter { !$0.layout.names.isEmpty }
        if named.isEmpty, let question { throw question }
        let logs = named.isEmpty ? found : named
        guard let only = logs.first else { return nil }
        guard logs.count == 1 else {
            throw ReadError.file(
                context.tree.path, problem: "holds several logs: \(logs.map(\.file).joined(separator: ", "))",
                remedy: "name the one to read, or call files by the behavior they hold, such as view.csv and buy.csv")
        }
        (file, layout) = only
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let source = try context.open(file, layout)
        let result = try context.build { try $0.add(source, layout) }
        var dataset = Dataset(name: context.tree.name, log: result.log())
        context.note(source, role: "interactions", lines: dataset.log.count)
        if let catalog = context.mapping.catalog {
            dataset.catalog = try MappedFormat.read(catalog, dataset.log.itemVocabulary, context)
        }
        return (dataset, context.report(layout.hasKeys ? "JSON lines" : "delimited text", dataset))
    }
}

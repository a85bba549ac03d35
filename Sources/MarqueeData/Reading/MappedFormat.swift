/// A delimited file of any kind, by a ``ColumnMapping``.
struct MappedFormat {
    private let mapping: ColumnMapping
    private let user, item: ColumnMapping.Column

    /// - Parameters: of the mapping, user and item again.
    init(_ mapping: ColumnMapping, user: ColumnMapping.Column, item: ColumnMapping.Column) {
        (self.mapping, self.user, self.item) = (mapping, user, item)
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let name = try file(context)
        let layout = try layout(name, context)
        let source = try context.open(name, layout)
        let result = try context.build { try $0.add(source, layout) }
        var dataset = Dataset(name: context.tree.name, log: result.log())
        context.note(source, role: "interactions", lines: dataset.log.count)
        if let catalog = mapping.catalog {
            dataset.catalog = try Self.read(catalog, dataset.log.itemVocabulary, context)
        }
        return (dataset, context.report(layout.hasKeys ? "JSON lines" : "delimited text", dataset))
    }

    private func layout(_ name: String, _ context: ReadContext) throws -> TableLayout {
        let lines = try context.firstLines(name, 200)
        guard let first = lines.first else {
            throw ReadError.file(name, problem: "holds no interactions", remedy: "check that it was fully downloaded")
        }
        var layout: TableLayout
        if JSONLines.names(name) {
            let keys = JSONLines.keys(lines).map(\.key)
            layout = TableLayout(separator: ",", quotes: true, roles: keys.map { _ in .skip }, names: keys)
            layout.hasKeys = true
        } else {
            let separator = try Self.separator(mapping.separator, first, name)
            let quotes = mapping.quotes ?? (separator != "\t")
            let source = try context.tree.open(name)
            let header = DelimitedRecords.fields(
                of: source, at: try source.contentStart(), separator: separator, quotes: quotes)
            layout = TableLayout(
                separator: separator, quotes: quotes, header: mapping.header ?? mapping.usesNames,
                roles: Array(repeating: .skip, count: header.count), names: header.map(\.trimmed))
        }
        for (role, column) in mapping.roles {
            let index = try column.index(in: layout.names, file: name)
            guard layout.roles[index] == .skip else {
                throw ReadError.file(
                    name, problem: "column \(index + 1) is mapped twice", remedy: "correct the column mapping")
            }
            layout.roles[index] = role
        }
        if !layout.header, !layout.hasKeys { layout.names = [] }
        layout.isGuess = true
        return layout
    }

    private func file(_ context: ReadContext) throws -> String {
        if let file = mapping.file { return file.hasSuffix(".gz") ? String(file.dropLast(3)) : file }
        let names = context.candidates.filter { $0 != mapping.catalog?.file }
        guard let name = names.first, names.count == 1 else {
            throw ReadError.file(
                context.tree.path,
                problem: names.isEmpty ? "holds no file" : "holds several files: \(names.joined(separator: ", "))",
                remedy: "name the log as `file` in the column mapping")
        }
        return name
    }

    /// What may stand between fields, the likeliest first.
    static let separators = ["\t", "::", ",", ";", "|", " "]

    /// A separator as people write it.
    static func separator(spelled text: String) -> String { text == "\\t" || text == "tab" ? "\t" : text }

    /// The declared separator, or the likeliest one of the line.
    static func separator(_ declared: String?, _ line: String, _ file: String) throws -> String {
        if let declared, !declared.isEmpty { return separator(spelled: declared) }
        guard let found = separators.first(where: line.contains) else {
            throw ReadError.line(
                file: file, line: 1, expected: "fields separated by a tab, '::', ',', ';', '|' or a space",
                found: "'\(line.shortened)'", remedy: "declare `separator` in the column mapping")
        }
        return found
    }

    static func read(
        _ mapping: ColumnMapping.CatalogMapping, _ items: Vocabulary, _ context: ReadContext
    ) throws -> Catalog {
        let source = try context.tree.open(mapping.file)
        let first = try context.firstLines(mapping.file, 1).first ?? ""
        let separator = try Self.separator(mapping.separator, first, mapping.file)
        let records = context.records(source, separator: separator, quotes: separator != "\t")
        let header = DelimitedRecords.fields(
            of: source, at: try source.contentStart(), separator: separator, quotes: separator != "\t"
        ).map(\.trimmed)
        func index(_ column: ColumnMapping.Column?) throws -> Int? {
            try column.map { try $0.index(in: header, file: mapping.file) }
        }
        let id = try mapping.id.index(in: header, file: mapping.file)
        let (title, year, genres) = (try index(mapping.title), try index(mapping.year), try index(mapping.genres))
        let (text, domain) = (try index(mapping.text), try index(mapping.domain))
        let columns = [mapping.id, mapping.title, mapping.year, mapping.genres, mapping.text, mapping.domain]
        var skipsHeader = mapping.header ?? columns.contains { if case .name = $0 { true } else { false } }
        var catalog = CatalogBuilder(items)
        let lines = try records.forEach { record in
            if skipsHeader {
                skipsHeader = false
                return
            }
            guard record.count == header.count else {
                throw ReadError.line(
                    file: source.name, line: record.line,
                    expected: "\(header.count) fields separated by \(TableLayout.spoken(separator))",
                    found: "\(record.count)", remedy: "complete or correct the line")
            }
            catalog.update(record.raw(id)) { item in
                if let title { (item.title, item.year) = CatalogBuilder.titleAndYear(record[title]) }
                if let year { item.year = Int(record[year]) ?? item.year }
                if let genres {
                    item.genres = CatalogBuilder.genres(record[genres], separator: mapping.genreSeparator ?? "|")
                }
                if let text { item.text = record[text] }
                if let domain { item.domain = record[domain] }
            }
        }
        context.note(source, role: "items", lines: lines, encoding: records.encoding)
        return catalog.catalog
    }
}

extension ColumnMapping {
    /// Whether some column is given by a name, so that there is a header.
    fileprivate var usesNames: Bool {
        roles.contains { if case .name = $0.column { true } else { false } }
    }
}

extension ColumnMapping.Column {
    /// From 0.
    func index(in header: [String], file: String) throws -> Int {
        switch self {
        case .name(let name):
            guard let index = header.firstIndex(of: name) else {
                throw ReadError.noColumn(file: file, column: "'\(name)'", found: header)
            }
            return index
        case .number(let number):
            guard header.indices.contains(number - 1) else {
                throw ReadError.noColumn(file: file, column: "\(number)", found: header)
            }
            return number - 1
        }
    }
}

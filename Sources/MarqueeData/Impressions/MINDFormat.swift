/// MIND, "a Large-scale Dataset for News Recommendation" (Wu et al., ACL 2020): `behaviors.tsv` without a header,
///
///     impression id ⇥ user ⇥ 11/12/2019 2:14:46 PM ⇥ clicked before, by spaces ⇥ N43266-0 N39887-1 …
///
/// and `news.tsv`: id, category, subcategory, title, abstract, address and entities of either. Times are taken as UTC.
/// The history of a user is the one of their earliest impression, so that nothing later is among it.
struct MINDFormat {
    private let file: String

    /// Nil when this is not it.
    init?(recognizing context: ReadContext) throws {
        let name = context.tree.focus ?? "behaviors.tsv"
        guard context.tree.has(name), let first = try context.firstLines(name, 1).first else { return nil }
        let fields = first.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 5, ClockTime.american(fields[2]) != nil else { return nil }
        file = name
    }

    func read(_ context: ReadContext) throws -> (data: ImpressionData, report: ReadReport) {
        let source = try context.tree.open(file)
        let records = DelimitedRecords(source, separator: "\t")
        var builder = ImpressionLogBuilder()
        /// By user: when their earliest impression was, and the history that stands there.
        var earliest: [Int32: (time: Int64, history: [Int32])] = [:]
        var differing = 0
        let lines = try records.forEach { record in
            guard record.count == 5 else {
                throw ReadError.line(
                    file: file, line: record.line, expected: "5 fields separated by tabs", found: "\(record.count)",
                    remedy: record.count < 5
                        ? "the line may be cut off: complete or delete it" : "delete the surplus")
            }
            guard !record[1].isEmpty else {
                throw ReadError.line(
                    file: file, line: record.line, expected: "a user id (field 2)", found: "nothing",
                    remedy: "correct or delete the line")
            }
            guard let time = ClockTime.american(record[2]) else {
                throw ReadError.line(
                    file: file, line: record.line, expected: "a time such as '11/12/2019 2:14:46 PM' (field 3)",
                    found: "'\(record[2].shortened)'", remedy: "correct or delete the line")
            }
            let shown = try record[4].split(separator: " ").map { try candidate($0, line: record.line) }
            guard !shown.isEmpty else {
                throw ReadError.line(
                    file: file, line: record.line, expected: "shown news such as 'N43266-0 N39887-1' (field 5)",
                    found: "nothing", remedy: "delete the line")
            }
            let history = record[3].split(separator: " ").map { builder.item(String($0)) }
            builder.append(.init(user: record[1], time: time), candidates: shown)
            let user = builder.user(record[1])
            if let known = earliest[user] {
                if known.history != history { differing += 1 }
                if time < known.time { earliest[user] = (time, history) }
            } else {
                earliest[user] = (time, history)
            }
        }
        guard lines > 0 else {
            throw ReadError.file(file, problem: "holds no impressions", remedy: "check that it was fully downloaded")
        }
        context.note(source, role: "impressions", lines: lines, encoding: records.encoding)
        if differing > 0 {
            context.notes.append(
                DataNote(
                    .joining,
                    "\(differing.grouped) impressions come with another history than their user's first; the earliest "
                        + "was kept"))
        }
        var log = builder.log()
        log.histories = UserHistories(itemsByUser: (0..<Int32(log.userCount)).map { earliest[$0]?.history ?? [] })
        let data = ImpressionData(name: context.tree.name, log: log, catalog: try news(log.itemVocabulary, context))
        return (data, context.report("MIND impressions", log))
    }

    private func candidate(_ text: Substring, line: Int) throws(ReadError) -> ImpressionLogBuilder.Candidate {
        guard text.utf8.count > 2, text.hasSuffix("-0") || text.hasSuffix("-1") else {
            throw ReadError.line(
                file: file, line: line, expected: "shown news such as 'N43266-0', -1 for clicked (field 5)",
                found: "'\(String(text).shortened)'",
                remedy: "read a part of MIND that says what was clicked; its test part does not")
        }
        return .init(item: String(text.dropLast(2)), isClicked: text.hasSuffix("1"))
    }

    private func news(_ items: Vocabulary, _ context: ReadContext) throws -> Catalog {
        let name = "news.tsv"
        guard context.tree.has(name) else { return Catalog() }
        let source = try context.tree.open(name)
        let records = DelimitedRecords(source, separator: "\t")
        var catalog = CatalogBuilder(items)
        let lines = try records.forEach { record in
            guard record.count >= 5 else {
                throw ReadError.line(
                    file: name, line: record.line,
                    expected: "id, category, subcategory, title and abstract separated by tabs",
                    found: "\(record.count) fields", remedy: "the line may be cut off: complete or delete it")
            }
            catalog.update(record.raw(0)) { item in
                item.genres = [record[1], record[2]].filter { !$0.isEmpty }
                item.title = record[3]
                item.text = record[4]
                item.domain = "news"
            }
        }
        context.note(source, role: "news", lines: lines, encoding: records.encoding)
        return catalog.catalog
    }
}

extension UserHistories {
    /// Each user's items, the newest last, of one behavior and without times.
    init(itemsByUser: [[Int32]]) {
        var offsets = [0]
        offsets.reserveCapacity(itemsByUser.count + 1)
        for items in itemsByUser { offsets.append(offsets[offsets.count - 1] + items.count) }
        self.init(offsets: offsets, items: Array(itemsByUser.joined()))
    }
}

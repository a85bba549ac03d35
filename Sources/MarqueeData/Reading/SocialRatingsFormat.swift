internal import Foundation

/// Ratings with trust between users: `ratings_train.txt`, `ratings_test.txt` ("user item", a rating may
/// follow) and `trusts.txt` or `trusts_origin.txt` ("user user", a weight may follow), as the Ciao and
/// Epinions data of social recommenders comes.
///
/// Files that end in `_origin` count users and items otherwise than the plain ones, from 1 where
/// those count from 0. SocialLGN's files (Liao et al., Information Sciences 2022) are the same with other names and a
/// header: `train_set.txt`, `test_set.txt` and `trust.txt`, fields apart by commas. What to add is taken from `ratings_train_origin.txt`, whose lines are those of
/// `ratings_train.txt`.
struct SocialRatingsFormat: DatasetFormat {
    private let trusts, train, test: String

    init?(recognizing context: ReadContext) throws {
        let names = context.tree.names
        let pair = [("ratings_train.txt", "ratings_test.txt"), ("train_set.txt", "test_set.txt")].first {
            names.contains($0.0)
        }
        guard context.tree.focus == nil, let (train, test) = pair,
            let trusts = ["trusts.txt", "trust.txt", "trusts_origin.txt", "trust_origin.txt"].first(
                where: names.contains)
        else { return nil }
        (self.trusts, self.train, self.test) = (trusts, train, test)
    }

    func read(_ context: ReadContext) throws -> (dataset: Dataset, report: ReadReport) {
        let source = try context.tree.open(train)
        let held = context.tree.has(test) ? try context.tree.open(test) : nil
        let result = try context.build(dense: true) { builder in
            try builder.add(source, layout(source, context))
            if let held { try builder.add(held, layout(held, context)) }
        }
        var dataset = Dataset(name: context.tree.name, log: result.log())
        context.note(source, role: "training ratings", lines: dataset.log.count)
        if let held {
            let columns = result.parts[1]
            context.note(held, role: "test ratings", lines: columns.users.count)
            dataset.frozen = FrozenTest(
                holdout: Holdout(pairs: zip(columns.users, columns.items).map { (user: $0, item: $1) }))
        }
        dataset.socialEdges = try ties(context, dataset.log.userVocabulary)
        return (dataset, context.report("ratings with trust", dataset))
    }

    private func layout(_ source: SourceText, _ context: ReadContext) throws -> TableLayout {
        let first = try context.firstLines(source.name, 1).first ?? ""
        let separator = try MappedFormat.separator(nil, first, source.name)
        let count = first.components(separator).count
        let roles: [TableLayout.Role] = [.user, .item, .value]
        return TableLayout(
            separator: separator, header: Self.isHeader(first),
            roles: Array(roles.prefix(max(2, count))) + Array(repeating: .skip, count: max(0, count - 3)),
            requiresIntegers: true)
    }

    /// Whether a first line names its columns, `user,item`.
    private static func isHeader(_ line: String) -> Bool { line.lowercased().hasPrefix("user,") }

    private func ties(_ context: ReadContext, _ users: Vocabulary) throws -> [SocialEdge] {
        let offset = try self.offset(context)
        if offset != 0 {
            context.notes.append(
                DataNote(
                    .joining, "\(trusts) counts its users from \(offset), \(train) from 0: brought together"))
        }
        let source = try context.tree.open(trusts)
        let separator = try MappedFormat.separator(nil, try context.firstLines(trusts, 1).first ?? "", trusts)
        let first = (users.integers?.min() ?? 0) + offset
        var edges: [SocialEdge] = []
        var isHeader = Self.isHeader(try context.firstLines(trusts, 1).first ?? "")
        let lines = try context.records(source, separator: separator).forEach { record in
            if isHeader {
                isHeader = false
                return
            }
            guard record.count >= 2 else {
                throw ReadError.line(
                    file: trusts, line: record.line, expected: "2 users separated by \(TableLayout.spoken(separator))",
                    found: "\(record.count)", remedy: "the line may be cut off: complete or delete it")
            }
            func user(_ column: Int) throws -> Int32 {
                guard let id = Int64(record[column]), let user = users.index(of: id - offset) else {
                    throw ReadError.line(
                        file: trusts, line: record.line,
                        expected: "a user from \(first) to \(first + Int64(users.count) - 1) (field \(column + 1))",
                        found: "'\(record[column].shortened)'", remedy: "correct or delete the line")
                }
                return user
            }
            edges.append(
                SocialEdge(from: try user(0), to: try user(1), weight: record.count > 2 ? Float(record[2]) ?? 1 : 1))
        }
        context.note(source, role: "social ties", lines: lines)
        return edges
    }

    /// What the ties' user ids are ahead of the ratings'.
    private func offset(_ context: ReadContext) throws -> Int64 {
        guard trusts.hasSuffix("_origin.txt") else { return 0 }
        let twin = "ratings_train_origin.txt"
        guard context.tree.has(twin) else {
            throw ReadError.file(
                trusts, problem: "counts users as \(twin) does, which is not there",
                remedy: "add it, or name ties by the ids of \(train) in trusts.txt")
        }
        let lines = try [train, twin].map { name in try Self.users(context.tree.open(name)) }
        let difference = (lines[1].first ?? 0) - (lines[0].first ?? 0)
        guard lines[0].count == lines[1].count else {
            throw ReadError.file(
                twin, problem: "has \(lines[1].count) lines, \(train) \(lines[0].count)",
                remedy: "take both from the same split")
        }
        if let line = lines[0].indices.first(where: { lines[1][$0] - lines[0][$0] != difference }) {
            throw ReadError.line(
                file: twin, line: line + 1, expected: "user \(lines[0][line] + difference), the one of \(train)",
                found: "\(lines[1][line])", remedy: "take both from the same split")
        }
        return difference
    }

    /// The first number of every line.
    private static func users(_ source: SourceText) -> [Int64] {
        var users: [Int64] = []
        for line in source.bytes.split(separator: UInt8(ascii: "\n")) {
            var user: Int64 = 0
            for byte in line {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
                user = user &* 10 &+ Int64(byte - UInt8(ascii: "0"))
            }
            users.append(user)
        }
        return users
    }
}

public import Foundation
public import MarqueeData
public import MarqueeEvaluation
internal import MarqueeRuntime

/// Lists that another tool made: a TREC run (`user Q0 item rank score tag`), a CSV with a header (`user`, `item` and
/// `score` or `rank`), or JSON lines, a list a line (`{"user": "42", "items": ["1", "7"]}`) or an item a line
/// (`{"user": "42", "item": "1", "score": 0.9}`).
///
/// A user's items are ordered by score, those of equal scores by rank, and where neither is said as they stand. Equal
/// scores without a rank are tied, and count as the mean over all their orders.
public struct RankedListFile: Sendable {
    public let name: String
    /// By user, as their first lines stand.
    private(set) var lists: [(user: String, entries: [Entry])] = []

    struct Entry: Equatable {
        var item: String
        var score: Double?
        var rank: Double?
    }

    /// By user, where their list is among ``lists``.
    private var indices: [String: Int] = [:]
    private var seen: Set<Pair> = []

    private struct Pair: Hashable {
        var list: Int
        var item: String
    }

    /// - Throws: `FileError`; `ReadError` with file and line.
    public init(contentsOf url: URL) throws {
        name = url.lastPathComponent
        let data: Data
        do { data = try Data(contentsOf: url) } catch {
            guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
            throw FileError.cannotRead(url.path, reason: error.localizedDescription)
        }
        // Numbers are of lines that are not blank, without the mark of UTF-8 and the ends of Windows lines.
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap
        {
            index, bytes -> (number: Int, text: String)? in
            var text = String(decoding: bytes, as: UTF8.self)
            if index == 0, text.hasPrefix("\u{FEFF}") { text.removeFirst() }
            if text.hasSuffix("\r") { text.removeLast() }
            return text.allSatisfy(\.isWhitespace) ? nil : (index + 1, text)
        }
        guard let first = lines.first else {
            throw ReadError.file(
                name, problem: "it is empty", remedy: "a run has a line for each item of a user's list")
        }
        if first.text.first(where: { !$0.isWhitespace }) == "{" {
            for line in lines { try addJSON(line.text, line.number) }
        } else if let columns = try Columns(first.text, file: name, line: first.number) {
            for line in lines.dropFirst() { try add(line.text, line.number, columns) }
        } else {
            for line in lines { try addTREC(line.text, line.number) }
        }
    }

    private mutating func add(_ user: String, _ entry: Entry, _ line: Int) throws {
        let index = indices[user] ?? lists.count
        if index == lists.count {
            indices[user] = index
            lists.append((user, []))
        }
        guard seen.insert(Pair(list: index, item: entry.item)).inserted else {
            throw problem(
                line, "every item once in a user's list", "'\(entry.item)' again for user '\(user)'",
                "leave one of them out")
        }
        lists[index].entries.append(entry)
    }

    private func problem(_ line: Int, _ expected: String, _ found: String, _ remedy: String) -> ReadError {
        .line(file: name, line: line, expected: expected, found: found, remedy: remedy)
    }

    private func number(_ text: some StringProtocol, _ what: String, _ line: Int) throws -> Double {
        let text = text.trimmingCharacters(in: .whitespaces)
        guard let value = Double(text), !value.isNaN else {
            throw problem(line, "a number as the \(what)", "'\(text)'", "correct the line")
        }
        return value
    }
}

extension RankedListFile {
    private mutating func addTREC(_ text: String, _ line: Int) throws {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 6 else {
            throw problem(
                line, "6 fields 'user Q0 item rank score tag'", "\(fields.count)", "correct the line")
        }
        let entry = Entry(
            item: String(fields[2]), score: try number(fields[4], "score", line),
            rank: try number(fields[3], "rank", line))
        try add(String(fields[0]), entry, line)
    }

    /// Where a CSV has what.
    private struct Columns {
        enum Role: CaseIterable { case user, item, score, rank }

        private static let spellings: [Role: Set<String>] = [
            .user: ["user", "userid", "uid"], .item: ["item", "itemid", "iid", "movieid"],
            .score: ["score", "prediction", "pred", "estimate"], .rank: ["rank", "position"],
        ]

        let separator: Character
        let count: Int
        private var indices: [Role: Int] = [:]

        subscript(role: Role) -> Int? { indices[role] }

        /// Of a header; nil where the line is of a TREC run.
        init?(_ header: String, file: String, line: Int) throws {
            separator = header.contains("\t") ? "\t" : header.contains(";") ? ";" : ","
            let names = RankedListFile.fields(header, separator)
            count = names.count
            for (index, name) in names.enumerated() {
                // `user_id:token` and `userId` are `userid`.
                let plain = name.prefix { $0 != ":" }.lowercased().filter { $0.isLetter }
                for role in Role.allCases where Self.spellings[role]?.contains(plain) == true && indices[role] == nil {
                    indices[role] = index
                }
            }
            if indices[.user] != nil, indices[.item] != nil { return }
            guard !indices.isEmpty || header.split(whereSeparator: \.isWhitespace).count != 6 else { return nil }
            throw ReadError.line(
                file: file, line: line,
                expected: "a header with user, item and score or rank, or 6 fields 'user Q0 item rank score tag'",
                found: "'\(header.fitted(to: 60))'", remedy: "write the run in one of these forms")
        }
    }

    private mutating func add(_ text: String, _ line: Int, _ columns: Columns) throws {
        let fields = Self.fields(text, columns.separator)
        guard fields.count == columns.count else {
            throw problem(
                line, "\(columns.count) fields separated by '\(columns.separator)'", "\(fields.count)",
                "quote fields that hold the separator")
        }
        func value(_ role: Columns.Role, _ what: String) throws -> Double? {
            try columns[role].map { try number(fields[$0], what, line) }
        }
        // Both are there: `Columns`.
        let (user, item) = (columns[.user].map { fields[$0] } ?? "", columns[.item].map { fields[$0] } ?? "")
        try add(user, Entry(item: item, score: try value(.score, "score"), rank: try value(.rank, "rank")), line)
    }

    /// The fields of a line, quotes taken off.
    private static func fields(_ line: String, _ separator: Character) -> [String] {
        var fields = [""]
        var isQuoted = false
        var last: Character?
        for character in line {
            if character == "\"" {
                // Two within quotes are one.
                if !isQuoted, last == "\"" { fields[fields.count - 1].append(character) }
                isQuoted.toggle()
            } else if character == separator, !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
            last = character
        }
        return fields.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

extension RankedListFile {
    /// An id as a text or as a whole number.
    private struct Id: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                text = "\(number)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    private struct Line: Decodable {
        var user: Id
        var items: [Id]?
        var scores: [Double]?
        var item: Id?
        var score: Double?
        var rank: Double?
    }

    private mutating func addJSON(_ text: String, _ number: Int) throws {
        let expected = "a JSON object with user and items, or user, item and score or rank"
        let remedy = "write {\"user\": \"42\", \"items\": [\"1\", \"7\"]}"
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)),
            line.items != nil || line.item != nil
        else {
            throw problem(number, expected, "'\(text.fitted(to: 60))'", remedy)
        }
        if let item = line.item {
            try add(line.user.text, Entry(item: item.text, score: line.score, rank: line.rank), number)
        }
        let items = line.items ?? []
        if let scores = line.scores, scores.count != items.count {
            throw problem(number, "as many scores as items", "\(scores.count) for \(items.count)", "give each item one")
        }
        for (place, item) in items.enumerated() {
            // The list's own order tells equal scores apart.
            try add(
                line.user.text, Entry(item: item.text, score: line.scores?[place], rank: Double(place + 1)), number)
        }
    }
}

extension RankedListFile {
    /// The lists in the vocabularies of a log, and what could not be matched.
    public func matched(with log: InteractionLog) -> (lists: RankedLists, notes: [String]) {
        var matched: [Int32: [RankedLists.Entry]] = [:]
        var (unknownUsers, unknownItems) = (0, 0)
        for (user, entries) in lists {
            guard let index = log.userVocabulary.index(of: user) else {
                unknownUsers += 1
                continue
            }
            let known = entries.compactMap { entry in log.itemVocabulary.index(of: entry.item).map { ($0, entry) } }
            unknownItems += entries.count - known.count
            matched[index] = Self.ranked(known)
        }
        var notes: [String] = []
        if unknownUsers > 0 {
            notes.append("\(unknownUsers.grouped) of \(lists.count.grouped) users are unknown to the data and left out")
        }
        if unknownItems > 0 {
            notes.append("\(unknownItems.grouped) listed items are unknown to the data and left out of their lists")
        }
        return (RankedLists(userCount: log.userCount, itemCount: log.itemCount, lists: matched), notes)
    }

    /// Places by score, then rank, then as they stand; equal scores without ranks share one.
    private static func ranked(_ entries: [(item: Int32, entry: Entry)]) -> [RankedLists.Entry] {
        func key(_ entry: Entry) -> (Double, Double) { (-(entry.score ?? 0), entry.rank ?? 0) }
        let order = entries.indices.sorted {
            let (a, b) = (key(entries[$0].entry), key(entries[$1].entry))
            return (a.0, a.1, $0) < (b.0, b.1, $1)
        }
        var place = 0
        return order.enumerated().map { index, original in
            let entry = entries[original].entry
            let isTied =
                index > 0 && entry.score != nil && key(entries[order[index - 1]].entry) == key(entry)
            if !isTied { place = index + 1 }
            return RankedLists.Entry(item: entries[original].item, place: place)
        }
    }
}

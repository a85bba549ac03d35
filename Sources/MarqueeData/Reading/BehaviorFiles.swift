/// What the files of a log with a file a behavior owe one another: whoever is tested is learned from, and ids that number
/// densely have no stray among them.
struct BehaviorFiles {
    struct File {
        let source: SourceText
        /// Nil for the test of the target.
        let behavior: Int?
        let columns: LogBuilder.Columns
    }

    let files: [File]
    let users, items: Vocabulary
    /// Whether a line is "user item item …", else "user item" and more.
    let isList: Bool

    /// - Throws: ``ReadError`` that names the file, the line and the remedy.
    func check() throws {
        try checkRange(users, of: "user") { $0.columns.users }
        try checkRange(items, of: "item") { $0.columns.items }
        var trains = [Bool](repeating: false, count: users.count)
        for file in files where file.behavior != nil { for user in file.columns.users { trains[Int(user)] = true } }
        for file in files where file.behavior == nil {
            guard let stranger = file.columns.users.first(where: { !trains[Int($0)] }) else { continue }
            throw error(
                file, id: users[stranger], isUser: true, expected: "a user of the training files",
                remedy: "delete the line, or take test and training files from the same split")
        }
    }

    /// Ids that would number densely, were it not for at most one in a hundred, have strays.
    private func checkRange(_ vocabulary: Vocabulary, of kind: String, _ column: (File) -> [Int32]) throws {
        guard let ids = vocabulary.integers else { return }
        let limit = 2 * Int64(ids.count) + 1000
        let strays = ids.lazy.filter { $0 >= limit }
        let count = strays.reduce(0) { count, _ in count + 1 }
        guard count > 0, count * 100 <= ids.count, let stray = strays.first, let index = vocabulary.index(of: stray)
        else { return }
        let top = ids.lazy.filter { $0 < limit }.max() ?? 0
        for file in files where column(file).contains(index) {
            throw error(
                file, id: String(stray), isUser: kind == "user",
                expected: "\(kind == "item" ? "an" : "a") \(kind) id from 0 to \(top)",
                remedy: "correct or delete the line")
        }
    }

    private func error(_ file: File, id: String, isUser: Bool, expected: String, remedy: String) -> ReadError {
        let line = file.source.firstLine { fields in
            if isUser { return fields.first == id }
            return isList ? fields.dropFirst().contains(id) : fields.count > 1 && fields[1] == id
        }
        return .line(file: file.source.name, line: line ?? 1, expected: expected, found: "'\(id)'", remedy: remedy)
    }
}

extension SourceText {
    /// The number of the first line whose fields, apart by spaces or tabs, are as asked; for messages.
    func firstLine(where matches: ([String]) -> Bool) -> Int? {
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let fields = line.split { " \t\r".utf8.contains($0) }.map { String(decoding: $0, as: UTF8.self) }
            if matches(fields) { return index + 1 }
        }
        return nil
    }
}

internal import MarqueeRuntime

/// Lines of a delimited file whose first line names the columns.
struct NamedColumns {
    let file: String
    private let columns: [String: Int]
    private let record: DelimitedRecords.Record

    /// Hands over the lines of `name` behind its header, and notes it as read.
    static func forEach(
        _ name: String, _ role: String, separator: String = "\t", _ context: ReadContext, in tree: SourceTree? = nil,
        _ body: (NamedColumns) throws -> Void
    ) throws {
        let source = try (tree ?? context.tree).open(name)
        let records = DelimitedRecords(source, separator: separator)
        var columns: [String: Int]?
        let fields = separator == "\t" ? "tabs" : "'\(separator)'"
        let lines = try records.forEach { record in
            guard let columns else {
                let names = (0..<record.count).map { record[$0] }
                columns = Dictionary(zip(names, names.indices)) { first, _ in first }
                return
            }
            guard record.count == columns.count else {
                throw ReadError.line(
                    file: name, line: record.line, expected: "\(columns.count) fields separated by \(fields)",
                    found: "\(record.count)",
                    remedy: record.count < columns.count
                        ? "the line may be cut off: complete or delete it" : "delete the surplus")
            }
            try body(NamedColumns(file: name, columns: columns, record: record))
        }
        context.note(source, role: role, lines: max(0, lines - 1), encoding: records.encoding)
    }

    var line: Int { record.line }

    func has(_ column: String) -> Bool { columns[column] != nil }

    /// Empty where the column or the field is.
    subscript(column: String) -> String { columns[column].map { record[$0] } ?? "" }

    func id(_ column: String) throws(ReadError) -> String {
        guard !self[column].isEmpty else { throw error("an id", in: column) }
        return self[column]
    }

    /// 0 or 1.
    func flag(_ column: String) throws(ReadError) -> Bool {
        switch self[column] {
        case "0", "0.0", "false": false
        case "1", "1.0", "true": true
        default: throw error("0 or 1", in: column)
        }
    }

    /// Nil where nothing stands.
    func number(_ column: String, _ range: ClosedRange<Double>, _ what: String) throws(ReadError) -> Double? {
        guard !self[column].isEmpty else { return nil }
        guard let number = Double(self[column]), range.contains(number) else { throw error(what, in: column) }
        return number
    }

    func error(_ expected: String, in column: String) -> ReadError {
        .line(
            file: file, line: line, expected: "\(expected) (column '\(column)')",
            found: self[column].isEmpty ? "nothing" : "'\(self[column].shortened)'",
            remedy: "correct or delete the line")
    }
}

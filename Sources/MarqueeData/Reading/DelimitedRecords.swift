/// The records of a small delimited file, such as titles or tags, one at a time with their lines.
struct DelimitedRecords {
    /// One line's fields; strings are made for those asked for.
    struct Record {
        let line: Int
        /// Bytes of each field, outer quotes taken off.
        fileprivate let fields: [(range: Range<Int>, isQuoted: Bool)]
        fileprivate let bytes: UnsafeRawBufferPointer
        fileprivate let isLatin1: Bool

        var count: Int { fields.count }

        /// The text of a field; empty where the line has none.
        subscript(column: Int) -> String {
            guard fields.indices.contains(column) else { return "" }
            let field = fields[column]
            let slice = bytes[field.range]
            let text =
                isLatin1
                ? String(String.UnicodeScalarView(slice.map { Unicode.Scalar($0) }))
                : String(decoding: slice, as: UTF8.self)
            return field.isQuoted && text.contains("\"\"") ? text.replacing("\"\"", with: "\"") : text
        }

        /// The bytes of a field that is an id, without blanks around it.
        func raw(_ column: Int) -> UnsafeBufferPointer<UInt8> {
            guard fields.indices.contains(column) else { return UnsafeBufferPointer(start: nil, count: 0) }
            func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
            var field = bytes[fields[column].range]
            while let first = field.first, isBlank(first) { field.removeFirst() }
            while let last = field.last, isBlank(last) { field.removeLast() }
            return UnsafeRawBufferPointer(rebasing: field).assumingMemoryBound(to: UInt8.self)
        }
    }

    let source: SourceText
    let separator: String
    let quotes: Bool
    /// `UTF-8`, `latin-1` or `ASCII`.
    let encoding: String
    /// Asked about a line that `forEach`'s body refuses: to pass it over, or throw.
    private let badLine: (ReadError) throws -> Void

    init(
        _ source: SourceText, separator: String, quotes: Bool = false,
        badLine: @escaping (ReadError) throws -> Void = { throw $0 }
    ) {
        self.source = source
        self.separator = separator
        self.quotes = quotes
        self.badLine = badLine
        encoding = Self.encoding(of: source.bytes)
    }

    /// What the bytes are written in: latin-1 where they are not UTF-8.
    static func encoding(of bytes: UnsafeRawBufferPointer) -> String {
        if bytes.allSatisfy({ $0 < 0x80 }) { return "ASCII" }
        return String(validating: bytes, as: UTF8.self) == nil ? "latin-1" : "UTF-8"
    }

    /// Calls `body` with every record that is not blank, the header included; returns how many.
    /// - Throws: ``ReadError`` where a quote never closes or a NUL byte stands.
    @discardableResult
    func forEach(_ body: (Record) throws -> Void) throws -> Int {
        let start = try source.contentStart()
        let end = source.contentEnd(from: start)
        let isLatin1 = encoding == "latin-1"
        let mark = Array(separator.utf8)
        var position = start
        var line = 1
        var records = 0
        var fields: [(range: Range<Int>, isQuoted: Bool)] = []
        while position < end {
            let first = line
            fields.removeAll(keepingCapacity: true)
            let problem = Self.split(
                source.bytes, position: &position, end: end, mark: mark, quotes: quotes, line: &line, into: &fields)
            if let problem {
                throw ReadError.line(
                    file: source.name, line: first, expected: problem.expected, found: problem.found,
                    remedy: problem.remedy)
            }
            if fields.count == 1, fields[0].range.isEmpty, !fields[0].isQuoted { continue }
            do {
                try body(Record(line: first, fields: fields, bytes: source.bytes, isLatin1: isLatin1))
                records += 1
            } catch let error as ReadError {
                try badLine(error)
            }
        }
        return records
    }

    /// The fields of the line that starts at `offset`, as well as they can be told; for messages.
    static func fields(of source: SourceText, at offset: Int, separator: String, quotes: Bool) -> [String] {
        var fields: [(range: Range<Int>, isQuoted: Bool)] = []
        var position = offset
        var line = 1
        let end = min(source.bytes.count, offset + 100_000)
        _ = split(
            source.bytes, position: &position, end: end, mark: Array(separator.utf8), quotes: quotes, line: &line,
            into: &fields)
        return fields.map { String(decoding: source.bytes[$0.range], as: UTF8.self) }
    }

    /// The fields of the first lines that are not blank, from `offset` on, as well as they can be told.
    static func sample(
        of source: SourceText, from offset: Int, to end: Int, separator: String, quotes: Bool, lines: Int = 200
    ) -> [[String]] {
        var rows: [[String]] = []
        var fields: [(range: Range<Int>, isQuoted: Bool)] = []
        var (position, line) = (offset, 1)
        let limit = min(end, offset + 1 << 16)
        while position < limit, rows.count < lines {
            fields.removeAll(keepingCapacity: true)
            let problem = split(
                source.bytes, position: &position, end: limit, mark: Array(separator.utf8), quotes: quotes, line: &line,
                into: &fields)
            if problem != nil { break }
            // What the limit cut is no whole line.
            if position == limit, limit < end, source.bytes[limit - 1] != UInt8(ascii: "\n") { break }
            if fields.count == 1, fields[0].range.isEmpty { continue }
            rows.append(fields.map { String(decoding: source.bytes[$0.range], as: UTF8.self).trimmed })
        }
        return rows
    }

    private typealias Problem = (expected: String, found: String, remedy: String)

    /// Takes one line from `position`.
    private static func split(
        _ bytes: UnsafeRawBufferPointer, position: inout Int, end: Int, mark: [UInt8], quotes: Bool,
        line: inout Int, into fields: inout [(range: Range<Int>, isQuoted: Bool)]
    ) -> Problem? {
        let quote = UInt8(ascii: "\"")
        let newline = UInt8(ascii: "\n")
        let carriageReturn = UInt8(ascii: "\r")
        func isMark(_ place: Int) -> Bool {
            guard bytes[place] == mark[0], place + mark.count <= end else { return false }
            for offset in mark.indices.dropFirst() where bytes[place + offset] != mark[offset] { return false }
            return true
        }
        while true {
            var start = position
            var stop = position
            var isQuoted = false
            if quotes, position < end, bytes[position] == quote {
                isQuoted = true
                position += 1
                start = position
                while true {
                    if position >= end {
                        return ("a closing quote", "the end of the file", "close the quote that opens in this line")
                    }
                    if bytes[position] == newline { line += 1 }
                    if bytes[position] == quote {
                        if position + 1 < end, bytes[position + 1] == quote {
                            position += 1
                        } else {
                            break
                        }
                    }
                    position += 1
                }
                stop = position
                position += 1
                // Leniently, what follows the closing quote up to the separator is dropped.
            }
            while position < end, bytes[position] != newline, !isMark(position) {
                if bytes[position] == 0 {
                    return ("text", "a NUL byte", "the file is damaged or binary: get it again")
                }
                position += 1
            }
            if !isQuoted { stop = position }
            let isLast = position >= end || bytes[position] == newline
            if isLast, !isQuoted, stop > start, bytes[stop - 1] == carriageReturn { stop -= 1 }
            fields.append((start..<stop, isQuoted))
            if isLast {
                if position < end {
                    position += 1
                    line += 1
                }
                return nil
            }
            position += mark.count
        }
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

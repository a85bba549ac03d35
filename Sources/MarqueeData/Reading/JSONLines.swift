internal import Foundation

/// Logs of one JSON object a line, `.jsonl` or `.ndjson`: their keys are columns, and each line becomes one of
/// comma-separated fields, so that ids, times and bad lines are treated as in any other table.
enum JSONLines {
    static func names(_ file: String) -> Bool {
        [".jsonl", ".ndjson"].contains(where: file.lowercased().hasSuffix)
    }

    /// The keys of the first lines, by first appearance, with the texts that each has.
    static func keys(_ lines: [String]) -> [(key: String, texts: [String])] {
        var keys: [(key: String, texts: [String])] = []
        for line in lines {
            var line = line
            line.withUTF8 { bytes in
                var scanner = JSONScanner(UnsafeRawBufferPointer(bytes))
                _ = scanner.object { key, value in
                    let index = keys.firstIndex { $0.key == key } ?? keys.endIndex
                    if index == keys.endIndex { keys.append((key, [])) }
                    if case .text(let text) = value { keys[index].texts.append(text) }
                }
            }
        }
        return keys
    }

    /// The lines as comma-separated fields in the order of `keys`, empty where a key is not there, is null or holds a
    /// list or an object. A line stays a line, so that numbers of lines mean the same.
    /// - Throws: ``ReadError`` of what is no object, unless `badLine` passes it over.
    static func delimited(
        _ source: SourceText, keys: [String], badLine: (ReadError) throws -> Void
    ) throws -> SourceText {
        var spool = Spool(name: source.name)
        let columns = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
        var (start, line) = (try source.contentStart(), 0)
        var emptied = 0
        let end = source.contentEnd(from: start)
        var output: [UInt8] = []
        while start < end {
            line += 1
            let stop = source.bytes[start..<end].firstIndex(of: UInt8(ascii: "\n")) ?? end
            let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[start..<stop])
            start = stop + 1
            var scanner = JSONScanner(bytes)
            if !scanner.isAtEnd {
                var fields = [[UInt8]](repeating: [], count: keys.count)
                let isObject = scanner.object { key, value in
                    if let column = columns[key] { fields[column] = value.field }
                }
                if isObject {
                    output += fields.joined(separator: [UInt8(ascii: ",")])
                } else {
                    try badLine(
                        .line(
                            file: source.name, line: line, expected: "one JSON object",
                            found: "'\(String(decoding: bytes.prefix(200), as: UTF8.self).shortened)'",
                            remedy: "complete or delete the line"))
                    emptied += 1
                }
            }
            output.append(UInt8(ascii: "\n"))
            if output.count > 1 << 18 || start >= end {
                try output.withUnsafeBytes { try spool.append($0) }
                output.removeAll(keepingCapacity: true)
            }
        }
        let text = try spool.finish()
        text.emptiedLines = emptied
        return text
    }
}

/// Reads one JSON object of a line.
struct JSONScanner {
    enum Value {
        case null
        /// Of a number or a word, as it is written.
        case plain(UnsafeRawBufferPointer)
        case text(String)
        /// A list or an object.
        case nested

        /// As a field of comma-separated text.
        var field: [UInt8] {
            switch self {
            case .null, .nested: return []
            case .plain(let bytes):
                if bytes.elementsEqual("true".utf8) { return [UInt8(ascii: "1")] }
                return bytes.elementsEqual("false".utf8) ? [UInt8(ascii: "0")] : Array(bytes)
            case .text(let text):
                guard text.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }) else {
                    return Array(text.utf8)
                }
                return Array("\"\(text.replacing("\"", with: "\"\""))\"".utf8)
            }
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        skipSpace()
    }

    var isAtEnd: Bool { place == bytes.count }

    /// Calls `body` with every member; whether the whole line is one object.
    mutating func object(_ body: (String, Value) -> Void) -> Bool {
        guard take("{") else { return false }
        if take("}") { return isAtEnd }
        repeat {
            guard case .text(let key)? = value(depth: 0), take(":"), let value = value(depth: 0) else { return false }
            body(key, value)
        } while take(",")
        return take("}") && isAtEnd
    }

    private mutating func skipSpace() {
        while place < bytes.count, [32, 9, 10, 13].contains(bytes[place]) { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        skipSpace()
        return true
    }

    /// The value that begins here; nil where none does.
    private mutating func value(depth: Int) -> Value? {
        guard place < bytes.count, depth < 100 else { return nil }
        defer { skipSpace() }
        switch bytes[place] {
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "{"): return nested(depth, close: "}", hasKeys: true)
        case UInt8(ascii: "["): return nested(depth, close: "]", hasKeys: false)
        default:
            let start = place
            while place < bytes.count, !" \t\r\n,:]}".utf8.contains(bytes[place]) { place += 1 }
            let word = UnsafeRawBufferPointer(rebasing: bytes[start..<place])
            if word.elementsEqual("null".utf8) { return .null }
            let isWord = word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8)
            guard isWord || Double(String(decoding: word, as: UTF8.self)) != nil else { return nil }
            return .plain(word)
        }
    }

    private mutating func nested(_ depth: Int, close: Unicode.Scalar, hasKeys: Bool) -> Value? {
        place += 1
        skipSpace()
        if take(close) { return .nested }
        repeat {
            if hasKeys { guard case .text? = value(depth: depth + 1), take(":") else { return nil } }
            guard value(depth: depth + 1) != nil else { return nil }
        } while take(",")
        return take(close) ? .nested : nil
    }

    private mutating func string() -> Value? {
        let start = place
        place += 1
        var hasEscapes = false
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            if bytes[place] == UInt8(ascii: "\\") {
                hasEscapes = true
                place += 1
            }
            place += 1
        }
        guard place < bytes.count else { return nil }
        place += 1
        let whole = bytes[start..<place]
        if !hasEscapes { return .text(String(decoding: whole.dropFirst().dropLast(), as: UTF8.self)) }
        return (try? JSONDecoder().decode(String.self, from: Data(whole))).map { .text($0) }
    }
}

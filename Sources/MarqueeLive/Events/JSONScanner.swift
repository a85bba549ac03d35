internal import Foundation

/// Reads JSON (RFC 8259) from bytes, value by value, without building a tree.
///
/// Ingestion decodes tens of thousands of small objects a second whose shape is known; a general
/// decoder spends many times the work on them. Strict all the same: UTF-8 is checked, numbers follow
/// the grammar, nesting is bounded.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position: Int

    /// Values nested deeper are refused, so that nobody's brackets can exhaust the stack.
    static let deepest = 64

    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The next byte that is not white space, not consumed; nil at the end.
    mutating func peek() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    mutating func expect(_ byte: UInt8) throws(EventProblem) {
        guard peek() == byte else { throw unexpected("'\(Character(UnicodeScalar(byte)))'") }
        position += 1
    }

    /// Consumes `byte` if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func takeNull() throws(EventProblem) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try literal("null")
        return true
    }

    func unexpected(_ expected: String) -> EventProblem {
        guard position < bytes.count else {
            return .notJSON(reason: "it ends where \(expected) should be", byte: bytes.count)
        }
        let byte = bytes[position]
        let found = byte > 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
        return .notJSON(reason: "expected \(expected), found \(found)", byte: position)
    }

    // MARK: Strings

    mutating func string() throws(EventProblem) -> String {
        let start = try stringStart()
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return try text(UnsafeBufferPointer(rebasing: bytes[start..<position - 1]), at: start)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else {
                throw .notJSON(reason: "a control character in a string; escape it", byte: position)
            }
            position += 1
        }
        throw unexpected("the end of a string")
    }

    /// An object's key, as the bytes between its quotes; nil, and not consumed, when it is no plain text: ``string()``
    /// reads it, or says what is wrong.
    mutating func plainKey() throws(EventProblem) -> UnsafeBufferPointer<UInt8>? {
        guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
        let start = position + 1
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20
        { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
        position = end + 1
        return UnsafeBufferPointer(rebasing: bytes[start..<end])
    }

    private mutating func stringStart() throws(EventProblem) -> Int {
        guard peek() == UInt8(ascii: "\"") else { throw unexpected("a string") }
        position += 1
        return position
    }

    private func text(_ utf8: UnsafeBufferPointer<UInt8>, at start: Int) throws(EventProblem) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else { throw .notText(byte: start) }
        return text
    }

    private mutating func escapedString(from start: Int) throws(EventProblem) -> String {
        var unescaped = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: unescaped, as: UTF8.self) else { throw .notText(byte: start) }
                return text
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                unescaped.append(contentsOf: UTF8.encode(scalar)!)  // Every scalar has a UTF-8 form.
            case 0..<0x20: throw .notJSON(reason: "a control character in a string; escape it", byte: position - 1)
            default: unescaped.append(byte)
            }
        }
        throw unexpected("the end of a string")
    }

    private mutating func escape() throws(EventProblem) -> Unicode.Scalar {
        guard position < bytes.count else { throw unexpected("an escape") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try hexadecimal()
            if let scalar = Unicode.Scalar(first) { return scalar }
            // The first half of a surrogate pair, or no character at all.
            if UTF16.isLeadSurrogate(UInt16(first)), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let second = try hexadecimal()
                if UTF16.isTrailSurrogate(UInt16(second)),
                    let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                {
                    return scalar
                }
            }
            throw .notJSON(reason: "half of a surrogate pair", byte: position - 6)
        default: throw .notJSON(reason: "'\\' before what needs no escape", byte: position - 1)
        }
    }

    private mutating func hexadecimal() throws(EventProblem) -> UInt32 {
        guard position + 4 <= bytes.count else { throw unexpected("four hexadecimal digits") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
                throw unexpected("four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: Numbers

    /// The bytes of a number, as they stand.
    mutating func numeral() throws(EventProblem) -> UnsafeBufferPointer<UInt8> {
        guard peek() != nil else { throw unexpected("a number") }
        let start = position
        if at(UInt8(ascii: "-")) { position += 1 }
        if at(UInt8(ascii: "0")) { position += 1 } else { try digits() }
        if at(UInt8(ascii: ".")) {
            position += 1
            try digits()
        }
        if at(UInt8(ascii: "e")) || at(UInt8(ascii: "E")) {
            position += 1
            if at(UInt8(ascii: "+")) || at(UInt8(ascii: "-")) { position += 1 }
            try digits()
        }
        guard position - start <= 64 else {
            throw .notJSON(reason: "a number of \(position - start) digits", byte: start)
        }
        return UnsafeBufferPointer(rebasing: bytes[start..<position])
    }

    mutating func number() throws(EventProblem) -> Double {
        let numeral = try numeral()
        if let integer = Self.integer(numeral), abs(integer) < 1 << 53 { return Double(integer) }
        // The grammar is checked, so that the only other outcome, overflow, gives infinity.
        return Double(String(decoding: numeral, as: UTF8.self)) ?? .infinity
    }

    /// The number that a text is; nil when it is not one JSON number and nothing else (`.5`, `0x1p-1`, ` 1`).
    static func number(in text: String) -> Double? {
        var text = text
        return text.withUTF8 { bytes in
            guard let first = bytes.first, first == UInt8(ascii: "-") || first >= UInt8(ascii: "0") else { return nil }
            var scanner = JSONScanner(bytes)
            guard let number = try? scanner.number(), scanner.position == bytes.count else { return nil }
            return number
        }
    }

    /// The value of up to 18 digits without a fraction; nil for every other numeral.
    static func integer(_ numeral: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = numeral.first == UInt8(ascii: "-")
        guard numeral.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in numeral.dropFirst(isNegative ? 1 : 0) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }

    private func at(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

    private mutating func digits() throws(EventProblem) {
        let start = position
        while position < bytes.count, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") {
            position += 1
        }
        guard position > start else { throw unexpected("a digit") }
    }

    // MARK: Everything else

    /// Steps over one value of any kind.
    mutating func skip(depth: Int = 0) throws(EventProblem) {
        guard depth < Self.deepest else { throw .notJSON(reason: "nested deeper than \(Self.deepest)", byte: position) }
        switch peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"):
            position += 1
            if take(UInt8(ascii: "}")) { return }
            repeat {
                _ = try string()
                try expect(UInt8(ascii: ":"))
                try skip(depth: depth + 1)
            } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            position += 1
            if take(UInt8(ascii: "]")) { return }
            repeat { try skip(depth: depth + 1) } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"))
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: _ = try numeral()
        default: throw unexpected("a value")
        }
    }

    mutating func literal(_ word: StaticString) throws(EventProblem) {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, memcmp(bytes.baseAddress! + position, word.utf8Start, word.utf8CodeUnitCount) == 0
        else {
            throw unexpected("'\(word)'")
        }
        position = end
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes are the word.
    func spells(_ word: StaticString) -> Bool {
        count == word.utf8CodeUnitCount && memcmp(baseAddress!, word.utf8Start, count) == 0
    }
}

internal import Foundation
internal import Hummingbird
internal import MarqueeRuntime

/// What a request says after the question mark, asked for key by key.
///
/// A route reads its query here and nowhere else. What it asks for is what it knows: ``RouteQuery`` gathers the keys when
/// the route is added, and refuses every other before a value is read.
struct QueryReader {
    private var given: [(key: String, value: String)] = []
    /// The keys asked for.
    private(set) var asked: [String] = []

    /// Of a query that says nothing: whoever asks is told what holds then.
    init() {}

    /// - Parameter query: percent-encoded; `+` is a space, as forms write it.
    init(_ query: Substring) throws(HTTPError) {
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = Self.decoded(sides[0]), let value = sides.count > 1 ? Self.decoded(sides[1]) : "" else {
                throw HTTPError(.badRequest, message: "the query is not percent-encoded UTF-8")
            }
            given.append((key, value))
        }
    }

    var keys: some Sequence<String> { given.lazy.map(\.key) }

    /// A name: 1 to 256 bytes without control characters; nil when it is not there.
    mutating func text(_ key: String) throws(HTTPError) -> String? {
        guard let text = try value(key) else { return nil }
        return try Self.name(text, key)
    }

    /// Names of a key that may be given several times.
    mutating func texts(_ key: String) throws(HTTPError) -> [String] {
        asked.append(key)
        var names: [String] = []
        for (name, value) in given where name == key { names.append(try Self.name(value, key)) }
        return names
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) throws(HTTPError) -> Int? {
        guard let text = try value(key) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw HTTPError(
                .badRequest,
                message: "'\(key)' is to be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>, standard: Int) throws(HTTPError) -> Int {
        try integer(key, in: range) ?? standard
    }

    /// Whether `true` or 1 is said; false when nothing is.
    mutating func flag(_ key: String) throws(HTTPError) -> Bool {
        switch try value(key) {
        case nil, "false", "0": return false
        case "true", "1": return true
        default: throw HTTPError(.badRequest, message: "'\(key)' is to be true or false")
        }
    }

    /// One of a few words; nil when none is said.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, of type: Choice.Type)
        throws(HTTPError) -> Choice?
    {
        guard let text = try value(key) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw HTTPError(
                .badRequest,
                message: "'\(key)' is to be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// The text as it stands; nil when it is not there.
    mutating func value(_ key: String) throws(HTTPError) -> String? {
        asked.append(key)
        var found: String?
        for (name, value) in given where name == key {
            guard found == nil else { throw HTTPError(.badRequest, message: "'\(key)' is given twice; give it once") }
            found = value
        }
        return found
    }

    private static func name(_ text: String, _ key: String) throws(HTTPError) -> String {
        guard text.isName else {
            throw HTTPError(.badRequest, message: "'\(key)' is to be 1 to 256 bytes without control characters")
        }
        return text
    }

    private static func decoded(_ encoded: Substring.UTF8View) -> String? {
        let plus = UInt8(ascii: "+")
        guard encoded.contains(where: { $0 == UInt8(ascii: "%") || $0 == plus }) else {
            return String(Substring(encoded))
        }
        let spaced = encoded.lazy.map { $0 == plus ? UInt8(ascii: " ") : $0 }
        return String(decoding: spaced, as: UTF8.self).removingPercentEncoding
    }
}

/// How a route reads its query, and the keys that it knows.
struct RouteQuery<Values>: Sendable {
    let keys: [String]
    private let read: @Sendable (inout QueryReader) throws -> Values

    /// - Parameter read: asks for the same keys whatever is said, so that asked once it tells them.
    init(_ read: @escaping @Sendable (inout QueryReader) throws -> Values) {
        var reader = QueryReader()
        _ = try? read(&reader)
        // Each once: what both forms know is asked for twice.
        keys = reader.asked.reduce(into: []) { keys, key in if !keys.contains(key) { keys.append(key) } }
        self.read = read
    }

    /// - Throws: `HTTPError` 400 for an unknown key, which names the nearest, and for what `read` refuses.
    func values(of request: Request) throws -> Values {
        var reader = try QueryReader(request.uri.string.drop { $0 != "?" }.dropFirst())
        if let unknown = reader.keys.first(where: { !keys.contains($0) }) {
            throw HTTPError(.badRequest, message: complaint(unknown))
        }
        return try read(&reader)
    }

    /// What other APIs call the same.
    private static var elsewhere: [String: String] {
        ["limit": "n", "count": "n", "size": "n", "top": "n", "after": "cursor"]
    }

    private func complaint(_ unknown: String) -> String {
        let unknown = String(unknown.prefix(64))
        if keys.isEmpty { return "unknown key '\(unknown)': this path has no query" }
        guard let known = Self.elsewhere[unknown], keys.contains(known), unknown.nearest(in: keys) == nil else {
            return Spelling.complaint(unknown: "key", unknown, valid: keys)
        }
        return "unknown key '\(unknown)': did you mean '\(known)'? Valid are: \(keys.sorted().joined(separator: ", "))"
    }
}

extension Request {
    /// A part of the path, its percent signs undone.
    static func name(_ context: BasicRequestContext, _ key: String) throws -> String {
        let raw = context.parameters.get(key)
        guard let text = raw?.utf8.contains(UInt8(ascii: "%")) == true ? raw?.removingPercentEncoding : raw else {
            throw HTTPError(.badRequest, message: "'\(key)' in the path is not percent-encoded UTF-8")
        }
        guard text.isName else {
            throw HTTPError(
                .badRequest, message: "'\(key)' in the path is to be 1 to 256 bytes without control characters")
        }
        return text
    }
}

extension String {
    /// Whether it may name somebody or something: 1 to 256 bytes without control characters.
    var isName: Bool {
        !isEmpty && utf8.count <= 256 && utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

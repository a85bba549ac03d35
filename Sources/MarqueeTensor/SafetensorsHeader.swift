internal import Foundation

/// The JSON header of a safetensors file, parsed by its schema and nothing wider: what a general
/// parser lets pass (a name given twice, unknown fields, numbers with fractions) is an error here.
struct SafetensorsHeader {
    struct Entry {
        var element: String
        var shape: [Int]
        var begin, end: Int
    }

    struct Failure: Error {
        let offset: Int
        let reason: String
    }

    private(set) var entries: [String: Entry] = [:]
    private(set) var metadata: [String: String] = [:]

    init(parsing data: Data) throws {
        var reader = Reader(bytes: Array(data))
        guard String(validating: reader.bytes, as: UTF8.self) != nil else { throw reader.failure("is not UTF-8") }
        guard reader.bytes.first == UInt8(ascii: "{") else { throw reader.failure("does not begin with '{'") }
        var sawMetadata = false
        try reader.object { name, reader in
            if name == "__metadata__" {
                guard !sawMetadata else { throw reader.failure("'__metadata__' occurs twice") }
                sawMetadata = true
                try reader.object { key, reader in
                    guard metadata[key] == nil else { throw reader.failure("metadata '\(key)' occurs twice") }
                    metadata[key] = try reader.string()
                }
            } else {
                guard entries[name] == nil else { throw reader.failure("tensor '\(name)' occurs twice") }
                entries[name] = try Self.entry(name, &reader)
            }
        }
        reader.skipSpace()
        guard reader.isAtEnd else { throw reader.failure("something follows the closing '}'") }
    }

    private static func entry(_ name: String, _ reader: inout Reader) throws -> Entry {
        var element: String?
        var shape, offsets: [Int]?
        try reader.object { field, reader in
            switch field {
            case "dtype" where element == nil: element = try reader.string()
            case "shape" where shape == nil: shape = try reader.integers()
            case "data_offsets" where offsets == nil: offsets = try reader.integers()
            default: throw reader.failure("tensor '\(name)' has an unknown or repeated field '\(field)'")
            }
        }
        guard let element, let shape, let offsets, offsets.count == 2 else {
            throw reader.failure("tensor '\(name)' needs dtype, shape and two data_offsets")
        }
        return Entry(element: element, shape: shape, begin: offsets[0], end: offsets[1])
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }
        func failure(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

        mutating func skipSpace() {
            while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func expect(_ character: Unicode.Scalar) throws {
            guard take(character) else { throw failure("expected '\(character)'") }
        }

        mutating func object(_ member: (String, inout Reader) throws -> Void) throws {
            try expect("{")
            if take("}") { return }
            repeat {
                let name = try string()
                try expect(":")
                try member(name, &self)
            } while take(",")
            try expect("}")
        }

        mutating func integers() throws -> [Int] {
            try expect("[")
            if take("]") { return [] }
            var values: [Int] = []
            repeat {
                skipSpace()
                let start = position
                while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
                guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
                    throw failure("expected a whole number that is not negative")
                }
                values.append(value)
            } while take(",")
            try expect("]")
            return values
        }

        mutating func string() throws -> String {
            try expect("\"")
            let start = position - 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard position < bytes.count else {
                position = bytes.count
                throw failure("a string does not end")
            }
            position += 1
            // Escapes and control characters are judged by Foundation's parser.
            let literal = Data([UInt8(ascii: "[")] + bytes[start..<position] + [UInt8(ascii: "]")])
            guard let strings = try? JSONDecoder().decode([String].self, from: literal), strings.count == 1 else {
                throw failure("not a valid string")
            }
            return strings[0]
        }
    }
}

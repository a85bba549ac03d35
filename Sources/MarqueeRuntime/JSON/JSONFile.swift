package import Foundation

/// Records in JSON, on disk whole or absent: keys sorted, a field a line, so that two of them can be compared by eye.
package enum JSONFile {
    package static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // A curve that diverged holds infinities; better told than lost.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value)
    }

    package static func write(_ value: some Encodable, to url: URL) throws {
        try AtomicFile.write(encode(value), to: url)
    }

    /// - Throws: `FileError` that names the file.
    package static func read<Value: Decodable>(_ type: Value.Type, from url: URL) throws -> Value {
        guard let data = FileManager.default.contents(atPath: url.path) else { throw FileError.notFound(url.path) }
        do { return try decode(type, from: data) } catch {
            throw FileError.cannotRead(
                url.path, reason: "it is damaged or from another version; delete it and run again")
        }
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: data)
    }
}

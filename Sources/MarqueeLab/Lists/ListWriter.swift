public import Foundation
internal import MarqueeData

/// In which form lists of items a user are written: a CSV of `user,item,rank,score`, or JSON lines of
/// `{"user":"42","items":["1","7"],"scores":[0.9,0.4]}`. Both are read by ``RankedListFile``.
public enum ListFormat: String, Sendable, CaseIterable {
    case csv, jsonl

    /// By the ending of a file's name; nil for another.
    public init?(_ url: URL) { self.init(rawValue: url.pathExtension.lowercased()) }
}

/// Writes lists to a file, a few megabytes at a time.
struct ListWriter {
    private let handle: FileHandle
    private let format: ListFormat
    /// Each item's id as the format spells it.
    private let items: [[UInt8]]
    private var buffer: [UInt8] = []

    init(_ handle: FileHandle, _ format: ListFormat, items: Vocabulary) {
        self.handle = handle
        self.format = format
        self.items = items.ids.map { Array(Self.text($0, format).utf8) }
        if format == .csv { buffer += "user,item,rank,score\n".utf8 }
    }

    /// Adds a user's list, the best first.
    mutating func write(_ user: String, _ list: some Collection<Int32>, scores: some Collection<Float>) throws {
        let user = Self.text(user, format)
        switch format {
        case .csv:
            for (place, (item, score)) in zip(list, scores).enumerated() {
                buffer += user.utf8
                buffer.append(UInt8(ascii: ","))
                buffer += items[Int(item)]
                buffer += ",\(place + 1),\(score)\n".utf8
            }
        case .jsonl:
            buffer += "{\"user\":\(user),\"items\":[".utf8
            for (place, item) in list.enumerated() {
                if place > 0 { buffer.append(UInt8(ascii: ",")) }
                buffer += items[Int(item)]
            }
            buffer += "],\"scores\":[\(scores.map { "\($0)" }.joined(separator: ","))]}\n".utf8
        }
        if buffer.count > 4 << 20 { try flush() }
    }

    mutating func flush() throws {
        try handle.write(contentsOf: Data(buffer))
        buffer.removeAll(keepingCapacity: true)
    }

    /// An id as a field of CSV, or as a string of JSON.
    private static func text(_ id: String, _ format: ListFormat) -> String {
        switch format {
        case .csv:
            let isPlain = !id.contains { $0 == "," || $0 == "\"" || $0.isNewline }
            return isPlain ? id : "\"" + id.replacing("\"", with: "\"\"") + "\""
        case .jsonl:
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            // A string can always be encoded.
            return (try? encoder.encode(id)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        }
    }
}

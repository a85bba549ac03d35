import Foundation
import MarqueeLive
import Testing

/// A file of `Engines/vectors`.
struct GoldenVector: Decodable {
    let about, definition: String
    let at: Int64
    let events: [[String: Loose]]
    let expected: [Expected]

    struct Expected: Decodable {
        let feature: String
        let entity: [String]
        let statistic: [String: Loose]
        let value: Double?
    }

    /// JSON of any shape.
    enum Loose: Decodable {
        case whole(Int64)
        case number(Double)
        case text(String)
        case list([Loose])
        case object([String: Loose])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let whole = try? container.decode(Int64.self) {
                self = .whole(whole)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Loose].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Loose].self))
            }
        }

        var whole: Int64 { if case .whole(let whole) = self { whole } else { .min } }
        var text: String { if case .text(let text) = self { text } else { "" } }
        var list: [Loose] { if case .list(let list) = self { list } else { [] } }
    }

    static let folder = Programs.root.appendingPathComponent("Engines/vectors")
    static let names = ["by-hand", "a-day", "a-year", "ties", "texts", "edges"]

    static func read(_ name: String) throws -> (vector: GoldenVector, events: [Event]) {
        let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
        let vector = try JSONDecoder().decode(GoldenVector.self, from: data)
        // Through the same door as everybody's: the file's lines are NDJSON with a comma at the end.
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("    {\"id\"") }
        let text = lines.map { $0.hasSuffix(",") ? String($0.dropLast()) : String($0) }.joined(separator: "\n")
        let sent = SentEvents(json: text, received: vector.at + 366 * 86_400_000)
        #expect(sent.rejected.isEmpty)
        #expect(sent.events.count == vector.events.count)
        return (vector, sent.events)
    }

    func statistic(_ expected: Expected) -> Statistic? {
        guard let (kind, value) = expected.statistic.first else { return nil }
        let rows = value.list.map(\.list)
        return switch kind {
        case "count": .count(value.whole)
        case "instant": .instant(value.whole)
        case "decayed": .decayed(rows.map { .init(epoch: $0[0].whole, sum: $0[1].whole) })
        case "window": .window(rows.map { .init(bucket: $0[0].whole, hits: $0[1].whole, trials: $0[2].whole) })
        case "latest": .latest(rows.map { .init(time: $0[0].whole, item: $0[1].text) })
        case "grid": .grid(rows.map { .init(epoch: $0[0].whole, cell: $0[1].whole, sum: $0[2].whole) })
        default: nil
        }
    }

    /// Compares every statistic, and every value to the last digits of a floating-point power.
    func check(_ features: Features) async throws {
        let keys = try expected.map {
            FeatureKey(label: try #require(features.reader.definitions[$0.feature]).label, fields: $0.entity)
        }
        let found = try await features.reader.store.values(of: keys)
        for (expected, found) in zip(expected, found) {
            #expect(found == statistic(expected), "\(expected.feature) of \(expected.entity)")
            guard let wanted = expected.value else { continue }
            let entity = expected.entity.joined(separator: "\u{1F}")
            let value = try #require(try await features.reader.read(expected.feature, of: entity, at: at).number)
            #expect(
                abs(value - wanted) <= 1e-12 * abs(wanted),
                "\(expected.feature) of \(expected.entity): \(value), not \(wanted)")
        }
    }
}

/// Events as a log that takes every id once would give them.
func logged(_ events: [Event]) -> [LoggedEvent] {
    var seen: Set<[UInt8]> = []
    return events.filter { seen.insert(Array($0.id.utf8)).inserted }.enumerated().map {
        LoggedEvent(sequence: Int64($0 + 1), received: 0, event: $1)
    }
}

internal import MarqueeRuntime
internal import Yams

/// What a definition file says of one feature's kind, read setting by setting, so that errors name file and line.
///
///     let settings = try settings.keyed(by: ["of", "half-life"])
///     eventTypes = try settings.types("of")
///     halfLife = try settings.duration("half-life")
public struct FeatureSettings {
    private let file: FeatureFile
    private let kind: String
    private let node: Node
    private var parts: [String: Node] = [:]

    init(_ file: FeatureFile, kind: String, _ node: Node) {
        self.file = file
        self.kind = kind
        self.node = node
    }

    /// The settings of a mapping that has no other keys than these.
    func keyed(by keys: [String]) throws(FeatureDefinitionError) -> FeatureSettings {
        var settings = self
        settings.parts = try file.mapping(node, "'\(kind)'", keys: keys)
        return settings
    }

    /// Event types, one or a list of them: of a key, or without one all that is said of the kind.
    func types(_ key: String? = nil) throws(FeatureDefinitionError) -> Set<EventType> {
        guard let list = key.map({ parts[$0] }) ?? node else {
            throw file.error(node, "'\(kind)' needs '\(key ?? "of")', the events: click, or [click, view]")
        }
        var types: Set<EventType> = []
        for node in list.sequence.map(Array.init) ?? [list] {
            let text = node.string ?? ""
            guard let type = EventType(rawValue: text) else {
                throw file.error(
                    node, Spelling.complaint(unknown: "event type", text, valid: EventType.allCases.map(\.rawValue)))
            }
            types.insert(type)
        }
        guard !types.isEmpty else { throw file.error(list, "no events to observe") }
        return types
    }

    /// `500ms`, `90s`, `15m`, `6h`, `7d` in milliseconds; at most ten years.
    func duration(_ key: String) throws(FeatureDefinitionError) -> Int64 {
        let text = parts[key]?.string ?? ""
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))], number > 0,
            number <= 10 * 366 * 86_400_000 / unit
        else { throw file.error(parts[key] ?? node, "'\(key)' is a time such as 500ms, 90s, 15m, 6h or 7d") }
        return number * unit
    }

    func whole(_ key: String, in range: ClosedRange<Int>) throws(FeatureDefinitionError) -> Int {
        guard let value = parts[key]?.int, range.contains(value) else {
            throw file.error(
                parts[key] ?? node, "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(
        _ key: String, in range: ClosedRange<Double>, otherwise standard: Double
    ) throws(FeatureDefinitionError) -> Double {
        guard let part = parts[key] else { return standard }
        guard let value = part.float, range.contains(value) else {
            throw file.error(part, "'\(key)' is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// - Parameter what: says in an error what the text is to be.
    func text(_ key: String, _ what: String) throws(FeatureDefinitionError) -> String {
        guard let text = parts[key]?.string else { throw file.error(node, "'\(kind)' needs '\(key)', \(what)") }
        return text
    }
}

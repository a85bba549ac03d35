internal import MarqueeRuntime

/// What a definition file says of one feature's kind, read setting by setting, so that errors name file and line.
///
///     let settings = try settings.keyed(by: ["of", "half-life"])
///     eventTypes = try settings.types("of")
///     halfLife = try settings.duration("half-life")
public struct FeatureSettings {
    private let kind: String
    private let value: ConfigValue
    private let path: [AnyCodingKey]
    private var parts: [String: ConfigValue] = [:]

    init(_ kind: String, _ value: ConfigValue, at path: [AnyCodingKey]) {
        self.kind = kind
        self.value = value
        self.path = path
    }

    /// The settings of a mapping that has no other keys than these.
    func keyed(by keys: [String]) throws(ConfigurationError) -> FeatureSettings {
        var settings = self
        settings.parts = try FeatureFile.mapping(value, "'\(kind)'", at: path, keys: keys)
        return settings
    }

    /// Event types, one or a list of them: of a key, or without one all that is said of the kind.
    func types(_ key: String? = nil) throws(ConfigurationError) -> Set<EventType> {
        guard let list = key.map({ parts[$0] }) ?? value else {
            throw error(nil, "'\(kind)' needs '\(key ?? "of")', the events: click, or [click, view]")
        }
        var types: Set<EventType> = []
        for value in list.oneOrMany {
            let text = value.word ?? ""
            guard let type = EventType(rawValue: text) else {
                throw error(
                    key, Spelling.complaint(unknown: "event type", text, valid: EventType.allCases.map(\.rawValue)))
            }
            types.insert(type)
        }
        guard !types.isEmpty else { throw error(key, "no events to observe") }
        return types
    }

    /// `500ms`, `90s`, `15m`, `6h`, `7d` in milliseconds; at most ten years.
    func duration(_ key: String) throws(ConfigurationError) -> Int64 {
        let text = parts[key]?.word ?? ""
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))], number > 0,
            number <= 10 * 366 * 86_400_000 / unit
        else { throw error(key, "'\(key)' is a time such as 500ms, 90s, 15m, 6h or 7d") }
        return number * unit
    }

    func whole(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
        guard case .integer(let value)? = parts[key], range.contains(value) else {
            throw error(key, "'\(key)' is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(
        _ key: String, in range: ClosedRange<Double>, otherwise standard: Double
    ) throws(ConfigurationError) -> Double {
        guard let part = parts[key] else { return standard }
        guard let value = try? part.decode(Double.self), range.contains(value) else {
            throw error(key, "'\(key)' is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number that events carry: `value`, also where nothing is said, or `context.NAME`.
    func number(_ key: String) throws(ConfigurationError) -> String {
        guard let part = parts[key] else { return "value" }
        let text = part.word ?? ""
        if text == "value" { return text }
        guard case .context? = EventField(text) else {
            throw error(key, "'\(key)' is a number that events carry: value, or context.NAME")
        }
        return text
    }

    /// - Parameter what: says in an error what the text is to be.
    func text(_ key: String, _ what: String) throws(ConfigurationError) -> String {
        guard let text = parts[key]?.word else { throw error(nil, "'\(kind)' needs '\(key)', \(what)") }
        return text
    }

    /// An error of a setting, or of all of them.
    private func error(_ key: String?, _ reason: String) -> ConfigurationError {
        ConfigurationError(at: path + (key.map { [AnyCodingKey($0)] } ?? []), reason)
    }
}

internal import Foundation

extension ConfigValue {
    /// Reads JSON; nil when `json` is none.
    public init?(json: String) {
        guard let value = try? JSONDecoder().decode(ConfigValue.self, from: Data(json.utf8)) else { return nil }
        self = value
    }

    /// As one line of JSON, keys in order; `null` where a number in it is none of JSON's.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A key of any name, or an index of a list: one step of the way to a value.
public struct AnyCodingKey: CodingKey, Hashable, Sendable {
    public let stringValue: String
    /// Of an index of a list; nil for a key.
    public let intValue: Int?

    public init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    public init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }

    public init(_ key: any CodingKey) {
        stringValue = key.stringValue
        intValue = key.intValue
    }

    public init?(stringValue: String) { self.init(stringValue) }
    public init?(intValue: Int) { self.init(intValue) }
}

extension AnyCodingKey: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    public init(stringLiteral name: String) { self.init(name) }
    public init(integerLiteral index: Int) { self.init(index) }
}

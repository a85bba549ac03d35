/// A type that one scalar of a configuration is read as.
protocol ConfigScalar: Decodable {
    /// What is expected, for errors: `a whole number`.
    static var meaning: String { get }
    /// Nil where the value is of another type, or out of range.
    static func read(_ value: ConfigValue) -> Self?
}

extension Bool: ConfigScalar {
    static var meaning: String { "true or false" }
    static func read(_ value: ConfigValue) -> Bool? {
        if case .bool(let value) = value { value } else { nil }
    }
}

extension String: ConfigScalar {
    static var meaning: String { "a text" }
    /// A whole number is a text too: `name: 2024`.
    static func read(_ value: ConfigValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }
}

extension ConfigScalar where Self: BinaryFloatingPoint {
    static var meaning: String { "a number" }
    static func read(_ value: ConfigValue) -> Self? {
        switch value {
        case .integer(let number): Self(number)
        case .number(let number): Self(number)
        default: nil
        }
    }
}

extension ConfigScalar where Self: FixedWidthInteger {
    static var meaning: String { isSigned ? "a whole number" : "a whole number from 0 on" }
    static func read(_ value: ConfigValue) -> Self? {
        switch value {
        case .integer(let number): Self(exactly: number)
        case .number(let number): Self(exactly: number)
        default: nil
        }
    }
}

extension Double: ConfigScalar {}
extension Float: ConfigScalar {}
extension Int: ConfigScalar {}
extension Int8: ConfigScalar {}
extension Int16: ConfigScalar {}
extension Int32: ConfigScalar {}
extension Int64: ConfigScalar {}
extension UInt: ConfigScalar {}
extension UInt8: ConfigScalar {}
extension UInt16: ConfigScalar {}
extension UInt32: ConfigScalar {}
extension UInt64: ConfigScalar {}

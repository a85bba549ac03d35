/// JSON written as it goes, for the answers that are many.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int = 1_024) { bytes.reserveCapacity(capacity) }

    mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
        nest(key, UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }
    mutating func array(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
        nest(key, UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    mutating func write(_ key: StaticString? = nil, _ text: String) {
        begin(key)
        quote(text)
    }
    /// Text that is UTF-8 already.
    mutating func write(_ key: StaticString? = nil, utf8: ArraySlice<UInt8>) {
        begin(key)
        utf8.withUnsafeBufferPointer { quote($0) }
    }
    mutating func write(_ key: StaticString? = nil, _ value: Int) {
        begin(key)
        bytes.append(contentsOf: String(value).utf8)
    }
    mutating func write(_ key: StaticString? = nil, _ value: Bool) {
        begin(key)
        append(value ? "true" : "false")
    }
    /// As few digits as tell the value from every other of its type. JSON has no infinities; what is not finite is null.
    mutating func write(_ key: StaticString? = nil, _ value: some BinaryFloatingPoint & LosslessStringConvertible) {
        begin(key)
        var text = value.isFinite ? value.description : "null"
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func nest(_ key: StaticString?, _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void)
    {
        begin(key)
        bytes.append(open)
        needsComma = false
        body(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func begin(_ key: StaticString?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let key else { return }
        bytes.append(UInt8(ascii: "\""))
        append(key)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { quote($0) }
    }

    private mutating func quote(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for place in utf8.indices
        where utf8[place] < 0x20 || utf8[place] == UInt8(ascii: "\"") || utf8[place] == UInt8(ascii: "\\") {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<place]))
            escape(utf8[place])
            start = place + 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        default:
            let digits = String(byte, radix: 16)
            bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
    }
}

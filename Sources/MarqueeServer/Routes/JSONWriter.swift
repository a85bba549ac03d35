internal import NIOCore

/// JSON written as it goes, for the answers that are many.
struct JSONWriter {
    private(set) var bytes: ByteBuffer
    private var needsComma = false

    init(capacity: Int = 1_024) { bytes = ByteBufferAllocator().buffer(capacity: capacity) }

    mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) { nest(key, "{", "}", body) }
    mutating func array(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) { nest(key, "[", "]", body) }

    mutating func write(_ key: StaticString? = nil, _ text: String) {
        begin(key)
        quote(text)
    }
    mutating func write(_ key: StaticString? = nil, _ value: Int) {
        begin(key)
        bytes.writeString(String(value))
    }
    mutating func write(_ key: StaticString? = nil, _ value: Bool) {
        begin(key)
        bytes.writeStaticString(value ? "true" : "false")
    }
    /// JSON has no infinities; what is not finite is null.
    mutating func write(_ key: StaticString? = nil, _ value: Double) {
        begin(key)
        bytes.writeString(value.isFinite ? value.description : "null")
    }

    private mutating func nest(_ key: StaticString?, _ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void) {
        begin(key)
        bytes.writeStaticString(open)
        needsComma = false
        body(&self)
        bytes.writeStaticString(close)
        needsComma = true
    }

    private mutating func begin(_ key: StaticString?) {
        if needsComma { bytes.writeInteger(UInt8(ascii: ",")) }
        needsComma = true
        guard let key else { return }
        bytes.writeInteger(UInt8(ascii: "\""))
        bytes.writeStaticString(key)
        bytes.writeStaticString("\":")
    }

    private mutating func quote(_ text: String) {
        bytes.writeInteger(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            bytes.writeString(text)
        } else {
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "\""): bytes.writeStaticString("\\\"")
                case UInt8(ascii: "\\"): bytes.writeStaticString("\\\\")
                case 0..<0x20:
                    let digits = String(byte, radix: 16)
                    bytes.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
                default: bytes.writeInteger(byte)
                }
            }
        }
        bytes.writeInteger(UInt8(ascii: "\""))
    }
}

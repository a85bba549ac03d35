public import Foundation

/// A tensor as a file holds it: element type, shape and little-endian bytes, row-major.
public struct StoredTensor: Sendable, Equatable {
    /// Element types of the safetensors format that Marquee reads and writes.
    public enum Element: String, Sendable {
        case float32 = "F32"
        case int32 = "I32"
        case int64 = "I64"
        case uint8 = "U8"

        public var width: Int {
            switch self {
            case .float32, .int32: 4
            case .int64: 8
            case .uint8: 1
            }
        }
    }

    public let element: Element
    public let shape: [Int]
    public let bytes: Data

    public init(element: Element, shape: [Int], bytes: Data) {
        precondition(bytes.count == shape.reduce(element.width, *))
        self.element = element
        self.shape = shape
        self.bytes = bytes
    }

    public init(_ floats: [Float], shape: [Int]) {
        self.init(element: .float32, shape: shape, bytes: floats.withUnsafeBytes { Data($0) })
    }

    public init(_ integers: [Int32], shape: [Int]? = nil) {
        self.init(element: .int32, shape: shape ?? [integers.count], bytes: integers.withUnsafeBytes { Data($0) })
    }

    public init(_ integers: [Int64]) {
        self.init(element: .int64, shape: [integers.count], bytes: integers.withUnsafeBytes { Data($0) })
    }

    public func floats() throws -> [Float] { try elements(.float32) }
    public func integers() throws -> [Int32] { try elements(.int32) }
    public func longIntegers() throws -> [Int64] { try elements(.int64) }

    private func elements<Value>(_ expected: Element) throws -> [Value] {
        guard element == expected else {
            throw SafetensorsError.wrongElement(expected: expected.rawValue, found: element.rawValue)
        }
        // Safe for the three trivial types above; `Data` need not be aligned, so the bytes are copied.
        return [Value](unsafeUninitializedCapacity: bytes.count / element.width) { buffer, count in
            count = bytes.copyBytes(to: buffer) / element.width
        }
    }
}

public import Foundation
internal import MarqueeRuntime

/// A safetensors file: named tensors and a few named texts.
///
/// Layout: a little-endian 64-bit header length, a JSON header that gives each tensor's element type,
/// shape and offsets, then the tensors' bytes without gap or overlap (github.com/huggingface/safetensors).
/// Reading maps the file and copies nothing; every length and offset is checked before use, so that a
/// file from anywhere is safe to open.
public struct Safetensors: Sendable, Equatable {
    public var tensors: [String: StoredTensor]
    /// The header's `__metadata__`.
    public var metadata: [String: String]

    /// What the reference implementation allows a header.
    public static let largestHeader = 100_000_000

    public init(tensors: [String: StoredTensor] = [:], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Opens a file, memory-mapped.
    /// - Throws: ``FileError`` when it cannot be read, ``SafetensorsError`` when it is not what it should be.
    public init(contentsOf url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { throw FileError.notFound(url.path) }
        let data: Data
        do { data = try Data(contentsOf: url, options: .alwaysMapped) } catch {
            throw FileError.cannotRead(url.path, reason: error.localizedDescription)
        }
        try self.init(data, name: url.path)
    }

    /// Reads the bytes of a file; `name` stands in errors.
    public init(_ data: Data, name: String = "safetensors") throws {
        func malformed(_ reason: String) -> SafetensorsError { .malformed(file: name, reason: reason) }
        guard data.count >= 8 else { throw malformed("\(data.count) bytes are too few for a header length") }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.largestHeader) else {
            throw malformed("header of \(length) bytes is longer than \(Self.largestHeader)")
        }
        guard Int(length) <= data.count - 8 else {
            throw malformed("header of \(length) bytes does not fit into \(data.count) bytes; the file is truncated")
        }
        let buffer = data.dropFirst(8 + Int(length))
        let header: SafetensorsHeader
        do {
            header = try SafetensorsHeader(parsing: data.dropFirst(8).prefix(Int(length)))
        } catch let error as SafetensorsHeader.Failure {
            throw malformed("header, byte \(error.offset): \(error.reason)")
        }
        metadata = header.metadata
        tensors = [:]
        var end = 0
        for (tensor, entry) in header.entries.sorted(by: {
            ($0.value.begin, $0.value.end) < ($1.value.begin, $1.value.end)
        }) {
            guard let element = StoredTensor.Element(rawValue: entry.element) else {
                throw malformed(
                    "tensor '\(tensor)' has elements of type '\(entry.element)'; F32, I32, I64 and U8 are read")
            }
            guard entry.begin <= entry.end, entry.end <= buffer.count else {
                throw malformed(
                    "tensor '\(tensor)' at \(entry.begin)..<\(entry.end) lies outside of \(buffer.count) bytes of data")
            }
            guard entry.begin == end else {
                throw malformed(
                    "tensor '\(tensor)' begins at \(entry.begin), \(entry.begin < end ? "inside another that ends" : "after a gap from") \(end)"
                )
            }
            var size = element.width
            for extent in entry.shape {
                let product = size.multipliedReportingOverflow(by: extent)
                guard !product.overflow else {
                    throw malformed("tensor '\(tensor)' has an impossible shape \(entry.shape)")
                }
                size = product.partialValue
            }
            guard size == entry.end - entry.begin else {
                throw malformed(
                    "tensor '\(tensor)' of shape \(entry.shape) needs \(size) bytes and has \(entry.end - entry.begin)")
            }
            tensors[tensor] = StoredTensor(
                element: element, shape: entry.shape,
                bytes: buffer[buffer.startIndex + entry.begin..<buffer.startIndex + entry.end])
            end = entry.end
        }
        guard end == buffer.count else { throw malformed("\(buffer.count - end) bytes at the end belong to no tensor") }
    }

    /// Writes the file, which is whole or absent afterwards.
    public func write(to url: URL) throws {
        let (header, order) = try encodedHeader()
        try AtomicFile.replace(url) { handle in
            try handle.write(contentsOf: header)
            for tensor in order { try handle.write(contentsOf: tensor.bytes) }
        }
    }

    /// The bytes of the file.
    public func encoded() throws -> Data {
        let (header, order) = try encodedHeader()
        return order.reduce(into: header) { $0.append($1.bytes) }
    }

    /// Header with its length, and the tensors in file order: wide elements first, so that all are aligned.
    private func encodedHeader() throws -> (Data, [StoredTensor]) {
        guard tensors["__metadata__"] == nil else {
            throw SafetensorsError.malformed(file: "safetensors", reason: "no tensor may be named '__metadata__'")
        }
        struct Entry: Encodable {
            let dtype: String
            let shape, offsets: [Int]
            enum CodingKeys: String, CodingKey {
                case dtype, shape
                case offsets = "data_offsets"
            }
        }
        let order = tensors.sorted { ($1.value.element.width, $0.key) < ($0.value.element.width, $1.key) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var fields: [String] = []
        func quoted(_ text: String) throws -> String { String(decoding: try encoder.encode(text), as: UTF8.self) }
        if !metadata.isEmpty {
            fields.append("\"__metadata__\":" + String(decoding: try encoder.encode(metadata), as: UTF8.self))
        }
        var offset = 0
        for (name, tensor) in order {
            let entry = Entry(
                dtype: tensor.element.rawValue, shape: tensor.shape,
                offsets: [offset, offset + tensor.bytes.count])
            fields.append(try quoted(name) + ":" + String(decoding: try encoder.encode(entry), as: UTF8.self))
            offset += tensor.bytes.count
        }
        var text = Array("{\(fields.joined(separator: ","))}".utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        let length = UInt64(text.count)
        return (Data((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }) + text, order.map(\.value))
    }
}

/// A safetensors file is not what it should be.
public enum SafetensorsError: Error, Equatable, CustomStringConvertible {
    case malformed(file: String, reason: String)
    case wrongElement(expected: String, found: String)

    public var description: String {
        switch self {
        case .malformed(let file, let reason): "\(file): not a safetensors file: \(reason)"
        case .wrongElement(let expected, let found): "expected elements of type \(expected), found \(found)"
        }
    }
}

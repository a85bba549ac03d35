import Foundation
import MarqueeRuntime

/// Arrays as numpy keeps them (`.npy`, format 1.0), which both sides of a benchmark read.
enum NumpyFile {
    /// Element types that are exchanged.
    protocol Element: BitwiseCopyable, Sendable { static var descriptor: String { get } }

    static func write<Value: Element>(_ values: [Value], shape: [Int]? = nil, to url: URL) throws {
        let shape = shape ?? [values.count]
        precondition(shape.reduce(1, *) == values.count)
        let dimensions = shape.map { "\($0)," }.joined()
        var header = "{'descr': '\(Value.descriptor)', 'fortran_order': False, 'shape': (\(dimensions)), }"
        // Ten bytes stand before the header, and the data begins at a multiple of 64.
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var preamble = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { preamble.append(contentsOf: $0) }
        preamble.append(contentsOf: header.utf8)

        try AtomicFile.replace(url) { file in
            try file.write(contentsOf: preamble)
            try values.withUnsafeBytes { try file.write(contentsOf: $0) }
        }
    }

    /// The values of a file that ``write(_:shape:to:)`` wrote, row-major. Read, not mapped, so that
    /// memory figures count them once.
    static func read<Value: Element>(_ url: URL, as type: Value.Type = Value.self) throws -> [Value] {
        guard let file = fopen(url.path, "rb") else {
            throw BenchmarkError.badNumpyFile(url.path, reason: "cannot be opened")
        }
        defer { fclose(file) }
        func bytes(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            guard fread(&bytes, 1, count, file) == count else {
                throw BenchmarkError.badNumpyFile(url.path, reason: "is cut short")
            }
            return bytes
        }
        let preamble = try bytes(10)
        let header = String(decoding: try bytes(Int(preamble[8]) | Int(preamble[9]) << 8), as: UTF8.self)
        guard header.contains("'\(Value.descriptor)'"), let shape = header.firstMatch(of: /'shape': \(([0-9, ]*)\)/)
        else {
            throw BenchmarkError.badNumpyFile(url.path, reason: "does not hold '\(Value.descriptor)'")
        }
        let count = shape.1.split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }.reduce(1, *)
        let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = fread(buffer.baseAddress, MemoryLayout<Value>.stride, count, file)
        }
        guard values.count == count else { throw BenchmarkError.badNumpyFile(url.path, reason: "is cut short") }
        return values
    }
}

extension Int32: NumpyFile.Element { static let descriptor = "<i4" }
extension Int64: NumpyFile.Element { static let descriptor = "<i8" }
extension Float: NumpyFile.Element { static let descriptor = "<f4" }

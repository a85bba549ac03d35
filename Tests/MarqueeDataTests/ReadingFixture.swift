import CZip
import CZlib
import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

/// A temporary folder of small files.
final class ReadingFixture {
    let folder: URL

    init(_ files: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)/data")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    deinit { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }

    func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

    func write(_ name: String, _ data: Data) throws {
        try data.write(to: folder.appendingPathComponent(name))
    }

    func read(
        _ name: String? = nil, mapping: ColumnMapping? = nil, chunkSize: Int = 4 << 20, workers: Int = 2
    ) throws -> (dataset: Dataset, report: ReadReport) {
        let url = name.map { folder.appendingPathComponent($0) } ?? folder
        let context = ReadContext(tree: try SourceTree(url), pool: WorkerPool(workerCount: workers))
        context.chunkSize = chunkSize
        return try DatasetReader.read(context, mapping: mapping)
    }

    /// The message of the error that reading raises.
    func message(_ name: String? = nil, mapping: ColumnMapping? = nil, chunkSize: Int = 4 << 20) -> String {
        do {
            let count = try read(name, mapping: mapping, chunkSize: chunkSize).dataset.log.count
            return "no error; \(count) interactions"
        } catch {
            return "\(error)".replacingOccurrences(of: folder.path, with: "DATA")
        }
    }

    static func gzip(_ text: String) -> Data {
        var stream = z_stream()
        deflateInit2_(
            &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var input = Array(text.utf8)
        var output = [UInt8](repeating: 0, count: input.count + 1024)
        let used = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                deflate(&stream, Z_FINISH)
                return output.count - Int(stream.avail_out)
            }
        }
        return Data(output.prefix(used))
    }

    func zip(_ name: String, _ entries: [String: String]) throws {
        var code: Int32 = 0
        let archive = try #require(zip_open(folder.appendingPathComponent(name).path, ZIP_CREATE, &code))
        // libzip reads the buffers when it closes.
        var buffers: [UnsafeMutableBufferPointer<UInt8>] = []
        for (entry, text) in entries {
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
            _ = buffer.initialize(from: text.utf8)
            buffers.append(buffer)
            let source = zip_source_buffer(archive, buffer.baseAddress, UInt64(buffer.count), 0)
            zip_file_add(archive, entry, source, ZIP_FL_OVERWRITE)
        }
        #expect(zip_close(archive) == 0)
        buffers.forEach { $0.deallocate() }
    }
}

import Foundation
import MarqueeRuntime
import MarqueeTensor
import Testing

@Suite struct SafetensorsTests {
    static func file(_ header: String, data: Int = 0) -> Data {
        let text = Data(header.utf8)
        return Data((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }) + text + Data(count: data)
    }

    @Test func readsWhatTheReferenceLibraryWrote() throws {
        let url = try #require(
            Bundle.module.url(
                forResource: "reference", withExtension: "safetensors", subdirectory: "Fixtures"))
        let file = try Safetensors(contentsOf: url)
        #expect(file.metadata == ["kind": "test", "ünï": "code"])
        #expect(
            Set(file.tensors.keys) == [
                "floats", "integers", "long", "bytes", "scalar", "empty", "näme \"quoted\" \\ \n",
            ])
        #expect(file.tensors["floats"]?.shape == [2, 3])
        #expect(try file.tensors["floats"]?.floats() == [-0.5, -0.25, 0, 0.25, 0.5, 0.75])
        #expect(try file.tensors["integers"]?.integers() == [-1, 0, 2_000_000_000])
        #expect(try file.tensors["long"]?.longIntegers() == [-(1 << 40), 1 << 40])
        #expect(file.tensors["bytes"]?.bytes.elementsEqual([0, 127, 255]) == true)
        #expect(file.tensors["scalar"]?.shape == [])
        #expect(try file.tensors["scalar"]?.floats() == [1.5])
        #expect(file.tensors["empty"]?.shape == [0, 4])
        // And ours, of the same tensors, is the same file but for the header's spelling.
        #expect(try Safetensors(file.encoded()) == file)
    }

    @Test func writesAndReadsAnything() throws {
        var random = RandomStream(seed: 5, "safetensors")
        for _ in 0..<200 {
            var file = Safetensors()
            for k in 0..<Int.random(in: 0..<6, using: &random) {
                let shape = (0..<Int.random(in: 0..<4, using: &random)).map { _ in Int.random(in: 0..<4, using: &random)
                }
                let element = [StoredTensor.Element.float32, .int32, .int64, .uint8].randomElement(using: &random)!
                let size = shape.reduce(element.width, *)
                file.tensors["t\(k)\"\u{1F3AC}\\"] = StoredTensor(
                    element: element, shape: shape,
                    bytes: Data((0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }))
            }
            if Bool.random(using: &random) { file.metadata = ["a": "b\n\u{0}", "": "ü"] }
            let data = try file.encoded()
            #expect(try Safetensors(data) == file)
            // Cut anywhere, it is refused.
            let cut = Int.random(in: 0..<data.count, using: &random)
            #expect(throws: SafetensorsError.self) { try Safetensors(data.prefix(cut)) }
            #expect(throws: SafetensorsError.self) { try Safetensors(data + [0]) }
        }
    }

    @Test(arguments: [
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
        #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"Q7","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":1}}"#,
        #"{"a":{"dtype":"F32","shape":[2]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x"#,
        #" {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"__metadata__":{"a":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"__metadata__":{"a":"1","a":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        #"{"a\"#, #"{"a"#, "[]", "", "{", "null",
    ])
    func refusesAHostileHeader(_ header: String) {
        // Every header above is wrong for eight bytes of data; most for any.
        #expect(throws: SafetensorsError.self) { try Safetensors(Self.file(header, data: 8)) }
    }

    @Test func refusesHostileLengths() {
        for length in [UInt64(9), 100_000_001, .max, UInt64(Int64.max), 1 << 63] {
            let data = Data((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }) + Data("{}".utf8)
            #expect(throws: SafetensorsError.self) { try Safetensors(data) }
        }
        #expect(throws: SafetensorsError.self) { try Safetensors(Self.file("") + [0xFF]) }
        var notText = Self.file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 8)
        notText[10] = 0xFF
        #expect(throws: SafetensorsError.self) { try Safetensors(notText) }
    }

    /// Bytes turned at random are refused or read; nothing traps.
    @Test func survivesMutation() throws {
        let valid = try Safetensors(
            tensors: ["w": StoredTensor([1, 2, 3, 4], shape: [2, 2]), "i": StoredTensor([1, 2, 3] as [Int64])],
            metadata: ["kind": "x"]
        ).encoded()
        var random = RandomStream(seed: 9, "mutation")
        var refused = 0
        for _ in 0..<5_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 32...126, using: &random), at: index)
                }
            }
            do {
                for tensor in try Safetensors(bytes).tensors.values where tensor.element == .float32 {
                    #expect(try tensor.floats().count == tensor.shape.reduce(1, *))
                }
            } catch is SafetensorsError { refused += 1 }
        }
        #expect(refused > 3_000)
    }

    @Test func writesAFileThatIsWholeOrAbsent() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        let file = Safetensors(tensors: ["a": StoredTensor([1, 2], shape: [2])])
        try file.write(to: url)
        let read = try Safetensors(contentsOf: url)
        #expect(read == file)
        #expect(throws: FileError.notFound("/nowhere/x")) {
            try Safetensors(contentsOf: URL(fileURLWithPath: "/nowhere/x"))
        }
        #expect(throws: FileError.self) { try file.write(to: URL(fileURLWithPath: "/nowhere/x.safetensors")) }
        #expect(throws: SafetensorsError.self) {
            try Safetensors(tensors: ["__metadata__": StoredTensor([1], shape: [1])]).encoded()
        }
    }
}

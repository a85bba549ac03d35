import Foundation
import MarqueeTensor
import Testing

/// Inputs that the fuzzer kept because each led somewhere else.
@Suite struct SafetensorsCorpus {
    static let files: [URL] = {
        let corpus = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/corpus")
        let found = corpus.flatMap {
            try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return (found ?? []).filter { $0.pathExtension == "safetensors" }.sorted { $0.path < $1.path }
    }()

    @Test func isThere() { #expect(Self.files.count >= 5) }

    @Test("loads soundly or refuses", arguments: files)
    func replay(file: URL) throws {
        do {
            let loaded = try Safetensors(contentsOf: file)
            let again = try Safetensors(try loaded.encoded())
            #expect(again == loaded)
        } catch {
            #expect(error is SafetensorsError)
        }
    }
}

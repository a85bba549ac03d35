import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

/// Inputs that the fuzzer kept because each led somewhere else, some once to a crash.
@Suite("Reading the corpus")
struct ReadingCorpus {
    static let folders: [URL] = {
        let corpus = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/corpus")
        let found = corpus.flatMap {
            try? FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return (found ?? []).filter(\.hasDirectoryPath).sorted { $0.path < $1.path }
    }()

    private struct Told: Equatable {
        var dataset: Dataset?
        var refusal: String?
    }

    @Test("is there")
    func isThere() { #expect(Self.folders.count >= 20) }

    @Test("answers soundly or refuses, the same for every cut", arguments: folders)
    func replay(folder: URL) throws {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let single = files.count == 1 ? files[0].lastPathComponent : nil
        let mappings: [ColumnMapping?] = [
            nil, ColumnMapping(file: single, user: 1, item: 2, behavior: 3, timestamp: 4, timeUnit: .milliseconds),
            ColumnMapping(file: single, header: true, quotes: true, user: 2, item: 1, value: 3),
            ColumnMapping(onBadLine: .skip),
        ]
        for mapping in mappings {
            let told = [(1, 4 << 20), (2, 7), (3, 1)].map { workers, size -> Told in
                do {
                    let dataset = try DatasetReader.read(
                        folder, mapping: mapping, pool: WorkerPool(workerCount: workers), chunkSize: size)
                    let log = dataset.log
                    #expect(log.count > 0 && log.items.count == log.count)
                    #expect(log.users.allSatisfy { $0 >= 0 && $0 < log.userCount })
                    #expect(log.items.allSatisfy { $0 >= 0 && $0 < log.itemCount })
                    #expect(log.values.allSatisfy { $0.isFinite })
                    return Told(dataset: dataset)
                } catch {
                    #expect(error is ReadError || error is FileError)
                    return Told(refusal: "\(error)")
                }
            }
            #expect(told[1] == told[0])
            #expect(told[2] == told[0])
        }
    }
}

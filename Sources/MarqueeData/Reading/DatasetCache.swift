internal import Foundation
internal import MarqueeRuntime

struct DatasetCache {
    init?(for url: URL, mapping: ColumnMapping?) { return nil }
    func load(pool: WorkerPool) -> (dataset: Dataset, report: ReadReport)? { nil }
    func save(_ dataset: Dataset, _ report: ReadReport, dependencies: [URL]) {}
}

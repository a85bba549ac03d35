public import Foundation
public import MarqueeRuntime

/// Reads interaction data of any known format, recognised by its content.
public enum DatasetReader {
    /// The data set in a folder, file, `.gz` or `.zip`.
    public static func read(
        _ url: URL, mapping: ColumnMapping? = nil, cache: Bool = true, pool: WorkerPool = .shared
    ) throws -> Dataset {
        try readReporting(url, mapping: mapping, cache: cache, pool: pool).dataset
    }

    /// As ``read(_:mapping:cache:pool:)``, with what was found beside it.
    public static func readReporting(
        _ url: URL, mapping: ColumnMapping? = nil, cache: Bool = true, pool: WorkerPool = .shared
    ) throws -> (dataset: Dataset, report: ReadReport) {
        throw ReadError.unrecognized(path: url.path, found: "nothing")
    }
}

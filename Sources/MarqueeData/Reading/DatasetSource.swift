public import Foundation
internal import Synchronization

/// Where data comes from beside files of known formats, such as a server's event log: what a module above the readers
/// knows how to read. A program names its sources once, as it starts, and every reader of data then takes them:
///
///     DatasetReader.add(EventLogSource())
public protocol DatasetSource: Sendable {
    /// Whether this is what reads what lies at a URL; files of known formats are looked at only if not.
    func recognizes(_ url: URL) -> Bool

    /// Reads it, telling what was found. Nothing of it is cached: it may grow.
    func read(_ url: URL) throws -> (dataset: Dataset, report: ReadReport)
}

extension DatasetReader {
    private static let sources = Mutex<[any DatasetSource]>([])

    /// Adds a source for the rest of the process.
    public static func add(_ source: some DatasetSource) { sources.withLock { $0.append(source) } }

    static func source(of url: URL) -> (any DatasetSource)? {
        sources.withLock { $0 }.first { $0.recognizes(url) }
    }
}

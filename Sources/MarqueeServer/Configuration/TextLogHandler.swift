public import Logging

/// Lines of text on standard error.
///
/// What a logger carries is spelled only when it logs, and whoever copies one copies little: Hummingbird gives every
/// request a logger with the request's id, and hardly one says anything.
public struct TextLogHandler: LogHandler {
    public var logLevel: Logger.Level {
        get { level.value }
        set { level.value = newValue }
    }
    public var metadata: Logger.Metadata = [:]
    private let lines: Lines
    private let level: LogLevel

    private final class Lines: Sendable {
        let handler: StreamLogHandler
        init(_ handler: StreamLogHandler) { self.handler = handler }
    }

    public init(label: String, level: LogLevel = LogLevel()) { self.init(.standardError(label: label), level: level) }

    init(_ handler: StreamLogHandler, level: LogLevel = LogLevel()) { (lines, self.level) = (Lines(handler), level) }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var handler = lines.handler
        handler.metadata = metadata
        handler.log(event: event)
    }
}

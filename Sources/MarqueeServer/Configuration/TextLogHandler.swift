public import Logging

/// Lines of text on standard error.
///
/// What a logger carries is spelled only when it logs: Hummingbird gives every request a logger with the request's
/// id, and hardly one says anything.
public struct TextLogHandler: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata: Logger.Metadata = [:]
    private let lines: StreamLogHandler

    public init(label: String) { self.init(.standardError(label: label)) }

    init(_ lines: StreamLogHandler) { self.lines = lines }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var lines = lines
        lines.metadata = metadata
        lines.log(event: event)
    }
}

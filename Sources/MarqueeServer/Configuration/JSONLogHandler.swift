internal import Foundation
public import Logging

/// One JSON object a line on standard error: time, level, message, and the metadata's names as keys.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level {
        get { level.value }
        set { level.value = newValue }
    }
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let level: LogLevel

    public init(label: String, level: LogLevel = LogLevel()) { (self.label, self.level) = (label, level) }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        fields["time"] = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        fields["level"] = event.level.rawValue
        fields["message"] = "\(event.message)"
        fields["logger"] = label
        guard var line = try? JSONEncoder.logs.encode(fields) else { return }
        line.append(0x0A)
        // One write a line, so that lines of several threads do not mix.
        try? FileHandle.standardError.write(contentsOf: line)
    }
}

extension JSONEncoder {
    fileprivate static var logs: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension ServerConfiguration {
    /// A logger of the configured format.
    func logger(at level: LogLevel) -> Logger {
        Logger(label: "marquee") { [logFormat] label in
            switch logFormat {
            case .text: TextLogHandler(label: label, level: level)
            case .json: JSONLogHandler(label: label, level: level)
            }
        }
    }

    public enum LogFormat: String, Sendable, CaseIterable { case text, json }
}

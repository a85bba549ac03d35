internal import MarqueeRuntime

public import struct Foundation.URL

/// The configuration cannot be used as it is.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case unreadable(String, reason: String)
    case unknownKey(String, in: String)
    case unknownVariable(String)
    case unusable(key: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read as configuration: \(reason)"
        case .unknownKey(let key, let place):
            "\(place): \(Spelling.complaint(unknown: "key", key, valid: Setting.all.map(\.key)))"
        case .unknownVariable(let name):
            Spelling.complaint(
                unknown: "environment variable", name,
                valid: Setting.all.map { Setting.environmentPrefix + $0.environmentName })
        case .unusable(let key, let reason): "\(key): \(reason)"
        }
    }
}

extension ServerConfiguration {
    /// Reads the configuration from its three places, the later the stronger.
    /// - Parameters:
    ///   - file: a YAML file.
    ///   - environment: the process's variables, of which those that begin with `MARQUEE_` count.
    ///   - flags: what was said on the command line, by key.
    public init(file: URL? = nil, environment: [String: String] = [:], flags: [String: String] = [:]) throws {
        try self.init(ConfigurationValues(file: file, environment: environment, flags: flags))
    }
}

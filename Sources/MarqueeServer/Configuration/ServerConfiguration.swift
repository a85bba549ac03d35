public import Logging

/// What the server was told: YAML file < environment < flags. ``Setting/all`` lists the keys.
public struct ServerConfiguration: Sendable {
    public var host: String
    public var port: Int
    public var maxBody: Int
    public var maxHeader: Int
    public var idleTimeout: Int
    public var drain: Int
    public var logLevel: Logger.Level
    /// PEM files of certificate chain and private key; nil for plain HTTP.
    public var tls: (certificate: String, key: String)?
    /// By key; empty when the server is open.
    public var keys: [String: Scope]
    /// Requests a second; nil for no limit.
    public var rate: Double?
    public var burst: Double
    /// The folder of events, decisions and catalogue.
    public var folder: String

    /// - Throws: ``ConfigurationError`` naming the key and what to write.
    init(_ values: ConfigurationValues) throws {
        host = try values.string("server.host")
        port = try values.integer("server.port", in: 0...65_535)
        maxBody = try values.integer("server.max-body", in: 1_024...(1 << 30))
        maxHeader = try values.integer("server.max-header", in: 1_024...(1 << 20))
        idleTimeout = try values.integer("server.idle-timeout", in: 1...3_600)
        drain = try values.integer("server.drain", in: 0...3_600)
        logLevel = try values.choice("server.log-level", of: Logger.Level.allCases)
        let certificate = try values.string("tls.certificate"), key = try values.string("tls.key")
        guard certificate.isEmpty == key.isEmpty else {
            throw ConfigurationError.unusable(
                key: certificate.isEmpty ? "tls.certificate" : "tls.key", reason: "TLS wants both tls.certificate and tls.key")
        }
        tls = certificate.isEmpty ? nil : (certificate, key)
        keys = [:]
        for scope in Scope.allCases {
            for key in try values.strings("keys.\(scope)") { keys[key] = max(scope, keys[key] ?? scope) }
        }
        let rate = try values.number("limits.rate", in: 0...1e9)
        self.rate = rate > 0 ? rate : nil
        let burst = try values.number("limits.burst", in: 0...1e9)
        self.burst = burst > 0 ? burst : max(1, rate)
        folder = try values.string("data.folder")
    }
}

/// What an API key may do; each scope includes those before it.
public enum Scope: Int, Sendable, CaseIterable, Comparable, CustomStringConvertible {
    case read, write, admin

    public static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
    public var description: String { ["read", "write", "admin"][rawValue] }
}

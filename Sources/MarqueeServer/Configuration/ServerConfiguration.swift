public import Foundation
public import Logging
public import MarqueeLive
internal import MarqueeRuntime
internal import NIOCore

/// What the server was told: YAML file < environment < flags. ``Setting/all`` lists the keys.
public struct ServerConfiguration: Sendable {
    public var host: String
    public var port: Int
    public var maxBody: Int
    public var maxHeader: Int
    public var idleTimeout: Int
    /// Seconds in which a server that was told to stop says so and answers all the same, and those after.
    public var drainNotice: Int
    public var drain: Int
    public var logLevel: Logger.Level
    public var logFormat: LogFormat
    /// PEM files of certificate chain and private key; nil for plain HTTP.
    public var tls: TLSIdentity?
    /// By key; empty when the server is open.
    public var keys: [String: Scope]
    /// How gorse's clients are understood.
    public var gorse: GorseSettings
    /// What a key must be allowed to read the metrics; nil for everybody.
    public var metricsScope: Scope?
    /// Whose pages may ask from a browser.
    public var origins: [String]
    /// Requests a second; nil for no limit.
    public var rate: Double?
    public var burst: Double
    /// The folder of events, decisions and catalog.
    public var folder: String
    public var maxConnections: Int
    /// What is kept in memory at most.
    public var people: Int
    public var featureCapacity: Int
    public var openDecisions: Int
    /// How long the logs keep, in milliseconds; nil for ever.
    public var eventRetention: Int64?
    public var decisionRetention: Int64?
    /// The folder of the model to deploy; nil for none.
    public var model: String?
    /// Seconds between looks at the model's folder; 0 for none.
    public var modelWatch: Double
    /// Items of an answer: unless said otherwise, and at most.
    public var count: Int
    public var maxCount: Int
    /// How decisions are made and what they earn.
    public var decisions = DecisionConfiguration()
    public var reward = RewardDefinition()
    public var consuming: Set<EventType>
    /// A policy that has learned nothing.
    public var policy: any Policy
    public var experiments: Experiments
    public var definitions: FeatureDefinitions
    /// Where ``definitions`` were read; nil for the standard ones.
    public var featureFile: String?
    /// The feature that says what a user touched.
    public var recentFeature: String
    /// Where features live; nil for this process.
    public var redis: RedisAddress?
    let settings: SettingTexts

    /// Reads the configuration from its three places, the later the stronger.
    /// - Parameters:
    ///   - file: a YAML file.
    ///   - environment: the process's variables, of which those that begin with `MARQUEE_` count.
    ///   - flags: what was said on the command line, by key.
    /// - Throws: `ConfigurationError` naming the key, where it was set, and what to write; `FileError`.
    public init(file: URL? = nil, environment: [String: String] = [:], flags: [String: String] = [:]) throws {
        try self.init(ConfigurationValues(file: file, environment: environment, flags: flags))
    }

    /// - Throws: `ConfigurationError` naming the key and what to write.
    init(_ values: ConfigurationValues) throws {
        settings = values.settings
        host = try values.string("server.host")
        port = try values.integer("server.port", in: 0...65_535)
        maxBody = try values.integer("server.max-body", in: 1_024...(1 << 30))
        maxHeader = try values.integer("server.max-header", in: 1_024...(1 << 20))
        idleTimeout = try values.integer("server.idle-timeout", in: 1...3_600)
        drainNotice = try values.integer("server.drain-notice", in: 0...3_600)
        drain = try values.integer("server.drain", in: 0...3_600)
        logFormat = try values.choice("server.log-format", of: LogFormat.allCases)
        logLevel = try values.choice("server.log-level", of: Logger.Level.allCases)
        let certificate = try values.string("tls.certificate"), key = try values.string("tls.key")
        guard certificate.isEmpty == key.isEmpty else {
            throw values.unusable(
                certificate.isEmpty ? "tls.certificate" : "tls.key", "TLS wants both tls.certificate and tls.key")
        }
        tls = certificate.isEmpty ? nil : TLSIdentity(certificate: certificate, key: key)
        keys = [:]
        for scope in Scope.allCases {
            for key in try values.strings("keys.\(scope)") { keys[key] = max(scope, keys[key] ?? scope) }
        }
        metricsScope = try values.choice("metrics.access", of: MetricsAccess.allCases).scope
        if metricsScope != nil, keys.isEmpty {
            throw values.unusable("metrics.access", "there are no keys; set keys.admin, or leave it open")
        }
        origins = try values.strings("cors.origins")
        for origin in origins where origin != "*" && origin.wholeMatch(of: /https?:\/\/[^\/\s]+/) == nil {
            throw values.unusable("cors.origins", "'\(origin)' is not like https://shop.example, nor *")
        }
        let rate = try values.number("limits.rate", in: 0...1e9)
        self.rate = rate > 0 ? rate : nil
        let burst = try values.number("limits.burst", in: 0...1e9)
        self.burst = burst > 0 ? burst : max(1, rate)
        folder = try values.string("data.folder")
        maxConnections = try values.integer("server.max-connections", in: 1...1_000_000)
        people = try values.integer("memory.people", in: 1...1_000_000_000)
        featureCapacity = try values.integer("memory.features", in: 1...1_000_000_000)
        openDecisions = try values.integer("memory.decisions", in: 1...1_000_000_000)
        func retention(_ key: String) throws -> Int64? {
            let days = try values.number(key, in: 0...100_000)
            return days > 0 ? Int64(days * 86_400_000) : nil
        }
        eventRetention = try retention("retention.events")
        decisionRetention = try retention("retention.decisions")
        let path = try values.string("model.path")
        model = path.isEmpty ? nil : path
        modelWatch = try values.number("model.watch", in: 0...86_400)
        maxCount = try values.integer("recommend.max-count", in: 1...1_000)
        count = try values.integer("recommend.count", in: 1...maxCount)
        consuming = Set(
            try values.strings("recommend.consuming").map { name in
                guard let type = EventType(rawValue: name) else {
                    throw values.unusable(
                        "recommend.consuming",
                        Spelling.complaint(unknown: "event type", name, valid: EventType.allCases.map(\.rawValue)))
                }
                return type
            })
        gorse = try GorseSettings(values)
        policy = try values.nested("policy", PolicySpec.self).policy
        experiments = try values.nested("experiments", Experiments.self)
        let file = try values.string("features.file")
        featureFile = file.isEmpty ? nil : file
        definitions =
            try file.isEmpty
            ? FeatureDefinitions(yaml: EngineFeatures.standardDefinitions)
            : FeatureDefinitions(contentsOf: URL(fileURLWithPath: file))
        recentFeature = try values.string("features.recent")
        if definitions[recentFeature] == nil {
            throw values.unusable(
                "features.recent",
                Spelling.complaint(unknown: "feature", recentFeature, valid: definitions.features.map(\.name)))
        }
        redis = try values.choice("features.store", of: FeaturePlace.allCases) == .redis ? try Self.redis(values) : nil
        try readDecisions(values)
        try readReward(values)
    }

    private enum MetricsAccess: String, CaseIterable {
        case open, read, write, admin
        var scope: Scope? { Scope.allCases.first { "\($0)" == rawValue } }
    }

    private enum FeaturePlace: String, CaseIterable { case embedded, redis }

    private static func redis(_ values: ConfigurationValues) throws -> RedisAddress {
        let text = try values.string("features.redis")
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let port = Int(parts[1]), (1...65_535).contains(port) else {
            throw values.unusable("features.redis", "'\(text)' is not like 127.0.0.1:6379")
        }
        return RedisAddress(host: String(parts[0]), port: port)
    }

    private mutating func readDecisions(_ values: ConfigurationValues) throws {
        decisions.deadline = .milliseconds(try values.integer("recommend.deadline", in: 1...60_000))
        decisions.choices = try values.integer("recommend.choices", in: 1...5_000)
        decisions.unknownChoices = try values.integer("recommend.unknown-choices", in: 0...5_000)
        decisions.ranker = try values.nested("ranker", RankerSpec.self).ranker
        for name in decisions.ranker.features where definitions[name] == nil {
            throw values.unusable(
                "ranker", Spelling.complaint(unknown: "feature", name, valid: definitions.features.map(\.name)))
        }
        decisions.categoryCap = try values.integer("recommend.category-cap", in: 0...1_000)
        decisions.probabilities = try values.boolean("recommend.probabilities")
        let names = CandidateSources.all.map(\.name)
        decisions.sources = try values.strings("recommend.sources").map { text in
            let parts = text.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard names.contains(parts[0]) else {
                throw values.unusable(
                    "recommend.sources", Spelling.complaint(unknown: "source", parts[0], valid: names))
            }
            guard let limit = Int(parts.count > 1 ? parts[1] : "30"), (1...1_000).contains(limit) else {
                throw values.unusable(
                    "recommend.sources", "'\(text)' is to be a source and a number of candidates: \(parts[0]):30")
            }
            return (parts[0], limit)
        }
        decisions.popularity = PopularityWeights(
            prior: try values.number("popularity.prior", in: 0.001...1e9),
            live: try values.number("popularity.live", in: 0...1_000))
        decisions.likedRating = Float(try values.number("popularity.liked-rating", in: -1e9...1e9))
        decisions.fatigue = Fatigue(
            limit: try values.integer("fatigue.limit", in: 0...1_000_000),
            rest: Int64(try values.number("fatigue.rest", in: 0...100_000) * 3_600_000),
            penalty: try values.number("fatigue.penalty", in: 0...1_000))
    }

    private mutating func readReward(_ values: ConfigurationValues) throws {
        reward.click = try values.number("reward.click", in: 0...1e6)
        reward.dwell = try values.number("reward.dwell", in: 0...1e6)
        reward.dwellSeconds = try values.number("reward.dwell-seconds", in: 0.001...1e6)
        reward.completion = try values.number("reward.completion", in: 0...1e6)
        reward.favorite = try values.number("reward.favorite", in: 0...1e6)
        reward.cart = try values.number("reward.cart", in: 0...1e6)
        reward.purchase = try values.number("reward.purchase", in: 0...1e6)
        reward.share = try values.number("reward.share", in: 0...1e6)
        reward.hide = try values.number("reward.hide", in: -1e6...1e6)
        reward.limit = try values.number("reward.limit", in: 1e-6...1e6)
    }

    /// What the loop is to run with.
    public var loop: LiveLoop.Configuration {
        var configuration = LiveLoop.Configuration()
        configuration.decisions = decisions
        configuration.reward = reward
        configuration.consuming = consuming
        configuration.arms = [PolicyArm(policy)] + experiments.policyArms()
        configuration.experiments = experiments
        configuration.people = people
        configuration.openDecisions = openDecisions
        configuration.eventRetention = eventRetention
        configuration.decisionRetention = decisionRetention
        return configuration
    }
}

extension ServerConfiguration {
    /// Why the server does not listen where it was told to; nil for an error of another kind.
    func cannotListen(_ error: any Error) -> ConfigurationError? {
        if error is SocketAddressError.UnknownHost || error is SocketAddressError {
            return settings.unusable("server.host", "'\(host)' is no address, and no name of one that is known here")
        }
        guard let error = error as? IOError else { return nil }
        return switch error.errnoCode {
        case EADDRINUSE:
            settings.unusable("server.port", "\(port) is taken by another program; choose another, or 0 for a free one")
        case EACCES:
            settings.unusable("server.port", "\(port) is only for the administrator; choose one from 1024 on")
        case EADDRNOTAVAIL: settings.unusable("server.host", "'\(host)' is no address of this machine")
        default:
            settings.unusable(
                "server.host", "nothing can listen at \(host):\(port): \(String(cString: strerror(error.errnoCode)))")
        }
    }

    /// Whether machines other than this one can ask, and need no key.
    var isOpenToOthers: Bool {
        keys.isEmpty && host != "localhost" && host != "::1" && !host.hasPrefix("127.")
    }
}

/// What an API key may do; each scope includes those before it.
public enum Scope: Int, Sendable, CaseIterable, Comparable, CustomStringConvertible {
    case read, write, admin

    public static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
    public var description: String { ["read", "write", "admin"][rawValue] }
}

public import Foundation
public import MarqueeData
public import MarqueeRuntime

/// Where an experiment's data is from: files, `{ path: ml-1m }`, with a behavior to predict,
/// `{ path: taobao, target: buy }`, or a simulated world,
/// `{ simulate: { users: 2000, items: 1000, interactions: 100000 } }`, or the media world, `{ media-world: { people: 4000 } }`,
/// `{ media-world: { contagion: 0 } }`. Several domains on one user vocabulary are a
/// list, `[{ path: books, domain: book }, { path: songs, domain: music }]`, or one under `domains`.
public struct DataSource: Configuration, Equatable, Encodable {
    /// A folder, file, `.gz` or `.zip`; see ``locate(in:besides:)``.
    public var path: String?
    /// Which column means what, for files that do not speak for themselves.
    public var columns: ColumnMapping?
    /// The behavior to predict; nil for the most committed one, a purchase before a cart before a view.
    public var target: String?
    public var simulate: MovieWorld.Config?
    /// A world of impressions whose truth is known; what it shows, to whom and when is split by its days.
    public var mediaWorld: MediaWorld.Config?
    /// Sources that are joined, each a domain of its own; nil for one source. See `Dataset.joining(_:name:)`.
    public var domains: [DomainSource]?
    /// Of whatever is drawn once for all models: sampled users, splits at random, frozen negatives.
    public var seed: UInt64 = 1

    public init(path: String, columns: ColumnMapping? = nil, target: String? = nil, seed: UInt64 = 1) {
        self.path = path
        self.target = target
        self.columns = columns
        self.seed = seed
    }

    public init(simulate: MovieWorld.Config, seed: UInt64 = 1) {
        self.simulate = simulate
        self.seed = seed
    }

    public init(mediaWorld: MediaWorld.Config, seed: UInt64 = 1) {
        self.mediaWorld = mediaWorld
        self.seed = seed
    }

    public init(domains: [DomainSource], target: String? = nil, seed: UInt64 = 1) {
        self.domains = domains
        self.target = target
        self.seed = seed
    }

    private init() {}

    public static let defaults = DataSource()

    /// A list is one of domains.
    public static func spelledOut(_ value: ConfigValue) -> ConfigValue {
        if case .list = value { .mapping(["domains": value]) } else { value }
    }

    public func validate() throws {
        guard [path != nil, simulate != nil, mediaWorld != nil, domains != nil].count(where: { $0 }) == 1 else {
            throw ConfigurationError(
                "say where the data is, 'path: ml-1m', or what to simulate, 'simulate: { users: …, items: …, interactions: … }'; not both"
            )
        }
        if simulate != nil || mediaWorld != nil, target != nil {
            throw ConfigurationError(at: ["target"], "a simulated world has one behavior; leave 'target' out")
        }
        guard let domains else { return }
        if domains.isEmpty {
            throw ConfigurationError(at: ["domains"], "no domain; list at least one, { path: …, domain: … }")
        }
        if columns != nil { throw ConfigurationError(at: ["columns"], "give each domain its own 'columns'") }
        for (index, source) in domains.enumerated()
        where domains[..<index].contains(where: { $0.domain == source.domain }) {
            throw ConfigurationError(
                at: ["domains", AnyCodingKey(index)],
                "two domains are called '\(source.domain)'; give each a name of its own")
        }
    }
}

/// One of several sources: `{ path: douban_book.ratings.dat, domain: book }`.
public struct DomainSource: Configuration, Equatable, Encodable {
    public var path: String
    /// What its items are, such as `book`.
    public var domain: String
    /// Which column means what, for files that do not speak for themselves.
    public var columns: ColumnMapping?
    /// How many users are shared with the other domains, where whole-numbered ids mean the same person only below
    /// this; nil where equal ids always do.
    public var sharedUsers: Int?

    public init(path: String, domain: String, columns: ColumnMapping? = nil, sharedUsers: Int? = nil) {
        self.path = path
        self.domain = domain
        self.columns = columns
        self.sharedUsers = sharedUsers
    }

    public static let defaults = DomainSource(path: "", domain: "")
    public static let required = ["path", "domain"]

    public func validate() throws {
        if domain.isEmpty { throw ConfigurationError(at: ["domain"], "a domain needs a name, such as book") }
    }
}

extension DataSource {
    /// The file or folder meant by ``path``: the path itself when it is absolute; else what is found first
    ///
    /// 1. in `data` (the command line's `--data`), or `data` itself when it does not hold the path;
    /// 2. in the folder that `MARQUEE_DATA` names;
    /// 3. beside the experiment's file, in the working folder, in `data`, in `../shared/data`.
    ///
    /// - Throws: `FileError` or ``DataSourceError`` that says where it was looked for.
    public func locate(in data: URL?, besides file: URL? = nil) throws -> URL {
        guard let path else { throw DataSourceError(path: "", places: []) }
        return try Self.locate(path, in: data, besides: file)
    }

    /// Where every source lies: of one or of each domain, as ``locate(in:besides:)`` finds them; none of a simulation.
    public func locations(in data: URL?, besides file: URL? = nil) throws -> [URL] {
        try (path.map { [$0] } ?? domains?.map(\.path) ?? []).map { try Self.locate($0, in: data, besides: file) }
    }

    private static func locate(_ path: String, in data: URL?, besides file: URL?) throws -> URL {
        let files = FileManager.default
        if path.hasPrefix("/") {
            guard files.fileExists(atPath: path) else { throw FileError.notFound(path) }
            return URL(fileURLWithPath: path)
        }
        if let data {
            let inside = data.appendingPathComponent(path)
            if files.fileExists(atPath: inside.path) { return inside }
            guard files.fileExists(atPath: data.path) else { throw FileError.notFound(data.path) }
            return data
        }
        var places: [URL] = []
        if let folder = ProcessInfo.processInfo.environment["MARQUEE_DATA"], !folder.isEmpty {
            places.append(URL(fileURLWithPath: folder))
        }
        let here = URL(fileURLWithPath: files.currentDirectoryPath)
        if let file { places.append(file.deletingLastPathComponent()) }
        places += [
            here, here.appendingPathComponent("data"), here.appendingPathComponent("../shared/data").standardized,
        ]
        for place in places {
            let candidate = place.appendingPathComponent(path)
            if files.fileExists(atPath: candidate.path) { return candidate }
        }
        throw DataSourceError(path: path, places: places.map(\.path))
    }
}

/// Data is not where it was looked for.
public struct DataSourceError: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let places: [String]

    public var description: String {
        "no data '\(path)' in \(places.joined(separator: ", ")); say where it is with --data DIR or MARQUEE_DATA"
    }
}

public import Foundation

/// What decisions ask of live features.
public protocol LiveFeatures: Sendable {
    /// Follows the log until it is closed.
    func follow(_ log: EventLog) async throws
    /// Up to where in the log they are; what comes after it may not be dropped.
    var applied: Int64 { get }
    /// The items that somebody touched last, the newest first; empty where nothing is known.
    /// - Throws: when the store does not answer in its time.
    func recent(of who: Who, at time: Int64) async throws -> [(item: String, time: Int64)]
    /// Features of candidates, a row an item, all read in one round trip; see ``FeatureReader/table(of:given:items:at:)``.
    /// - Parameters:
    ///   - given: what is known of the request: the user or session, the domain, the device.
    ///   - words: the words of an item's title and categories, by its row; asked for only where features are of words.
    /// - Throws: ``UnknownFeature``, or when the store does not answer in its time.
    func table(
        of features: [String], given: [EventField: String], items: [String],
        words: @Sendable (Int) -> [String], at time: Int64
    ) async throws -> FeatureTable
    /// How many statistics are kept in this process; nil where they are kept elsewhere.
    var statisticCount: Int? { get }
    /// Returns once they are up to this place in the log.
    /// - Throws: what ended ``follow(_:)``, `CancellationError`.
    func settle(through sequence: Int64) async throws
    /// Writes what is kept in this process, for ``restore(snapshot:dropped:)``.
    func write(snapshot url: URL) throws
    /// Takes up what was written, before the log is followed.
    /// - Parameter dropped: the last place that retention has dropped from the log.
    func restore(snapshot url: URL, dropped: Int64) throws
    /// Forgets somebody: everything that is kept of a user and of sessions that were theirs, in this process or elsewhere.
    func erase(user: String, sessions: Set<String>) async throws -> FeatureErasure
}

/// What was kept of somebody in the features.
public struct FeatureErasure: Sendable, Equatable {
    /// Where: `memory`, `redis`, or why nothing could be erased.
    public var place: String
    /// Statistics before, and found again after.
    public var before = 0
    public var after = 0

    public init(place: String, before: Int = 0, after: Int = 0) {
        self.place = place
        self.before = before
        self.after = after
    }
}

extension FeatureTable {
    /// What is told of some items when nothing answers.
    static func unknown(_ features: [String], rows: Int) -> FeatureTable {
        FeatureTable(features: features, values: Array(repeating: .unknown, count: rows * features.count))
    }
}

extension LiveFeatures {
    public func settle(through sequence: Int64) async throws {}
    public func write(snapshot url: URL) throws {}
    public func restore(snapshot url: URL, dropped: Int64) throws {}
    public func erase(user: String, sessions: Set<String>) async throws -> FeatureErasure {
        FeatureErasure(place: "nothing is kept")
    }

    /// Without definitions no feature is known.
    public func table(
        of features: [String], given: [EventField: String], items: [String],
        words: @Sendable (Int) -> [String], at time: Int64
    ) async throws -> FeatureTable {
        guard let name = features.first else { return FeatureTable(features: [], values: []) }
        throw UnknownFeature(name: name, known: [])
    }
}

/// Live features over any store.
public struct EngineFeatures: LiveFeatures {
    public let reader: FeatureReader
    /// What keeps the store up to date; nil where another engine does.
    public let writer: FeatureWriter?
    /// The feature of kind `last` that says what a user touched.
    public let recent: String
    private let report: @Sendable (FeatureStoreError) -> Void

    /// What is kept where no definition file says more.
    ///
    /// Click-through rates are not among them: a decision reads those of all its candidates, and ``Trends`` has them in
    /// memory by index, some ten nanoseconds an item, where a statistic of the store is found by name under a lock, over
    /// ten times that, and in Redis by a round trip. ``Trends`` owns them.
    public static let standardDefinitions = """
        entities: { user: user, item: item, interest: [user, word] }
        features:
          user-recent: { entity: user, last: { of: [click, view, favorite, cart, purchase, share], keep: 32 } }
          user-searched: { entity: interest, decayed-count: { of: search, half-life: 7d } }
          item-depth: { entity: item, mean: { of: scroll, half-life: 30d } }
          item-speed: { entity: item, mean: { of: scroll, number: context.speed, half-life: 30d } }
        """

    /// Features that this process computes from the log.
    /// - Parameters:
    ///   - friends: finds the friends of a user, for features of kind `friends`.
    ///   - report: told of the first failure of every outage of the store.
    public init(
        _ definitions: FeatureDefinitions, store: any FeatureStore, recent: String = "user-recent",
        friends: FeatureReader.Friends? = nil, report: @escaping @Sendable (FeatureStoreError) -> Void = { _ in }
    ) {
        reader = FeatureReader(definitions, store: store, friends: friends)
        writer = FeatureWriter(definitions, store: store)
        self.recent = recent
        self.report = report
    }

    /// Features that another engine computes, and this process only reads.
    public init(_ reader: FeatureReader, recent: String = "user-recent") {
        self.reader = reader
        writer = nil
        self.recent = recent
        report = { _ in }
    }

    /// What another engine computes from a log of its own holds nothing of this one back.
    public var applied: Int64 { writer?.lastApplied ?? .max }

    public func follow(_ log: EventLog) async throws { try await writer?.follow(log, report: report) }

    public func recent(of who: Who, at time: Int64) async throws -> [(item: String, time: Int64)] {
        guard case .user(let user) = who else { return [] }
        return try await reader.read(recent, of: user, at: time).items.map { ($0.item, $0.time) }
    }

    public func table(
        of features: [String], given: [EventField: String], items: [String],
        words: @Sendable (Int) -> [String], at time: Int64
    ) async throws -> FeatureTable {
        try await reader.table(of: features, given: given, items: items, words: words, at: time)
    }

    public var statisticCount: Int? { reader.store.statisticCount }

    public func settle(through sequence: Int64) async throws { try await writer?.settle(through: sequence) }

    public func write(snapshot url: URL) throws { try embedded?.write(snapshot: url) }

    /// - Throws: ``FeatureStoreError``, `FileError`.
    public func restore(snapshot url: URL, dropped: Int64) throws {
        guard let embedded else { return }
        let restored = try EmbeddedStore(snapshot: url)
        guard restored.marks().allSatisfy({ $0.key == FeatureWriter.logMark || $0.value >= dropped }) else {
            throw FeatureStoreError.outdated(url.path)
        }
        embedded.adopt(restored)
    }

    public func erase(user: String, sessions: Set<String>) async throws -> FeatureErasure {
        guard let writer else {
            return FeatureErasure(place: "another engine keeps them: erase there what it has of them")
        }
        return try await writer.erase(user: user, sessions: sessions)
    }

    private var embedded: EmbeddedStore? { reader.store as? EmbeddedStore }
}

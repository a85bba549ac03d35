/// What decisions ask of live features.
public protocol LiveFeatures: Sendable {
    /// Follows the log until it is closed.
    func follow(_ log: EventLog) async throws
    /// Up to where in the log they are; what comes after it may not be dropped.
    var applied: Int64 { get }
    /// The items that somebody touched last, the newest first; empty where nothing is known.
    /// - Throws: when the store does not answer in its time.
    func recent(of who: Who, at time: Int64) async throws -> [(item: String, time: Int64)]
}

/// Live features by the feature engine, over any store.
public struct EngineFeatures: LiveFeatures {
    public let engine: FeatureEngine
    /// The feature of kind `last` that says what a user touched.
    public let recent: String
    private let report: @Sendable (FeatureStoreError) -> Void

    /// What is kept where no definition file says more.
    public static let standardDefinitions = """
        entities: { user: user, item: item }
        features:
          user-recent: { entity: user, last: { of: [click, view, favorite, cart, purchase, share], keep: 32 } }
          item-ctr: { entity: item, ratio: { of: click, over: impression, bucket: 1h, buckets: 24, prior: 0.05, strength: 20 } }
        """

    /// - Parameter report: told of the first failure of every outage of the store.
    public init(
        _ engine: FeatureEngine, recent: String = "user-recent",
        report: @escaping @Sendable (FeatureStoreError) -> Void = { _ in }
    ) {
        self.engine = engine
        self.recent = recent
        self.report = report
    }

    public var applied: Int64 { engine.lastApplied }

    public func follow(_ log: EventLog) async throws { try await engine.follow(log, report: report) }

    public func recent(of who: Who, at time: Int64) async throws -> [(item: String, time: Int64)] {
        guard case .user(let user) = who else { return [] }
        return try await engine.read(recent, of: user, at: time).items.map { ($0.item, $0.time) }
    }
}

public import MarqueeRuntime

/// The newest items of the entity's friends, each once: their feature of kind `last`, merged. Nothing is stored.
///
/// `friends-recent: { entity: user, friends: { recent: user-recent, keep: 20 } }`
public struct FriendsFeature: DerivedFeatureKind {
    public static let name = "friends"
    public static let sourceKind: any StoredFeatureKind.Type = LastFeature.self

    /// The name of the friends' feature.
    public let source: String
    /// How many items.
    public let keep: Int

    public init(recent source: String, keep: Int) {
        self.source = source
        self.keep = keep
    }

    public init(_ settings: FeatureSettings) throws(ConfigurationError) {
        let settings = try settings.keyed(by: ["recent", "keep"])
        source = try settings.text("recent", "a feature of kind 'last'")
        keep = try settings.whole("keep", in: 1...1000)
    }

    public var storedSettings: [StoredSetting] {
        [StoredSetting("recent", .text(source)), StoredSetting("keep", .whole(Int64(keep)))]
    }

    public func value(of statistics: [Statistic?], at time: Int64) -> FeatureValue {
        var newest = LatestItems()
        for case let items? in statistics.lazy.map({ $0?.as(LatestItems.self) }) {
            newest.merge(items, by: .latest(keep: keep))
        }
        return .items(newest.items)
    }
}

import MarqueeLive

/// Both halves over one store.
struct Features {
    let writer: FeatureWriter
    let reader: FeatureReader

    init(_ definitions: FeatureDefinitions, _ store: any FeatureStore, friends: FeatureReader.Friends? = nil) {
        writer = FeatureWriter(definitions, store: store)
        reader = FeatureReader(definitions, store: store, friends: friends)
    }

    /// Over an embedded store that is empty.
    init(_ yaml: String, friends: FeatureReader.Friends? = nil) throws {
        self.init(try FeatureDefinitions(yaml: yaml), EmbeddedStore(), friends: friends)
    }
}

/// Statistics as tests spell them.
extension Statistic {
    static func count(_ count: Int64) -> Self { Self(EventCount(count)) }
    static func instant(_ time: Int64) -> Self { Self(LatestTime(time)) }
    static func decayed(_ epochs: [DecayedSums.Epoch]) -> Self { Self(DecayedSums(epochs)) }
    static func window(_ buckets: [WindowedCounts.Bucket]) -> Self { Self(WindowedCounts(buckets)) }
    static func latest(_ items: [LatestItems.Entry]) -> Self { Self(LatestItems(items)) }
    static func grid(_ cells: [DecayedGrid.Cell]) -> Self { Self(DecayedGrid(cells)) }
}

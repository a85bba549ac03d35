import MarqueeLive
import ProcessTesting
import Synchronization
import Testing

@Suite struct FeatureReaderTests {
    static let definitions = """
        entities: { user: user, item: item, taste: [user, context.category], pair: [user, item] }
        features:
          clicks: { entity: item, count: click }
          recent: { entity: user, last: { of: click, keep: 3 } }
          friends: { entity: user, friends: { recent: recent, keep: 4 } }
          taste: { entity: taste, count: click }
          seen: { entity: pair, count: [click, view] }
          idle: { entity: user, time-since: click }
        """

    static func click(_ user: String, _ item: String, _ time: Int64, category: String = "drama") -> Event {
        Event(
            id: "\(user)-\(item)-\(time)", user: user, item: item, type: .click, context: ["category": category],
            time: time)
    }

    static let events = [
        click("ben", "a", 5), click("ben", "b", 9), click("cem", "a", 7), click("cem", "c", 7), click("dee", "d", 1),
        click("ann", "x", 100), click("cem", "e", 2),
    ]

    static func friends(of user: String) -> [String] { user == "ann" ? ["ben", "cem", "dee"] : [] }

    /// Counts how often it is asked.
    final class CountingStore: ReadableFeatureStore {
        let store: any ReadableFeatureStore
        let reads = Mutex(0)

        init(_ store: any ReadableFeatureStore) { self.store = store }

        func values(of keys: [FeatureKey]) async throws(FeatureStoreError) -> [Statistic?] {
            reads.withLock { $0 += 1 }
            return try await store.values(of: keys)
        }
    }

    @Test func friendsItemsAreMerged() async throws {
        let features = try Features(Self.definitions, friends: { Self.friends(of: $0) })
        try await features.writer.apply(logged(Self.events))
        let items = try await features.reader.read("friends", of: "ann", at: 0).items.map(\.item)
        #expect(items == ["b", "a", "c", "e"])
        #expect(try await features.reader.read("friends", of: "ben", at: 0) == .items([]))
    }

    @Test func anUnknownFeatureIsNamed() async throws {
        let reader = try Features(FeatureWriterTests.definitions).reader
        await #expect(throws: UnknownFeature(name: "click", known: ["clicks", "heat", "recent", "friends"])) {
            try await reader.read("click", of: "film", at: 0)
        }
    }

    /// A table is what its cells are when they are read one by one, and costs one round trip, friends included.
    @Test(arguments: StoreKind.available) func aTableIsReadAtOnce(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let definitions = try FeatureDefinitions(yaml: Self.definitions)
        try await FeatureWriter(definitions, store: store).apply(logged(Self.events))
        let counting = CountingStore(store)
        let reader = FeatureReader(definitions, store: counting, friends: { Self.friends(of: $0) })
        let names = ["clicks", "taste", "friends", "seen", "idle"]
        let items = ["x", "a", "nothing", "x"]
        let table = try await reader.table(
            of: names, given: [.user: "ann", .context("category"): "drama"], items: items, at: 1_100)
        #expect(counting.reads.withLock { $0 } == 1)
        #expect(table.features == names && table.count == 4)
        let requests: [FeatureReader.Request] = items.flatMap { item in
            [
                .init("clicks", of: item), .init("taste", of: "ann\u{1F}drama"), .init("friends", of: "ann"),
                .init("seen", of: "ann\u{1F}\(item)"), .init("idle", of: "ann"),
            ]
        }
        let values = try await reader.read(requests, at: 1_100)
        #expect(counting.reads.withLock { $0 } == 2)
        #expect(table == FeatureTable(features: names, values: values))
        #expect(items.indices.map { table[$0, 0] } == [.number(1), .number(2), .number(0), .number(1)])
        #expect(items.indices.map { table[$0, 3] } == [.number(1), .number(0), .number(0), .number(1)])
        #expect(table[2, 1] == .number(1) && table[2, 4] == .number(1))
        let numbers = table.numbers(1)
        #expect(numbers[0] == 2 && numbers[2].isNaN)
        // Nobody asks, from no category: the features are those of nobody.
        let ofNobody = try await reader.table(of: names, given: [:], items: ["a"], at: 1_100)
        #expect(
            names.indices.map { ofNobody[0, $0] }
                == [.number(2), .number(0), .items([]), .number(0), .unknown])
        #expect(try await reader.table(of: names, given: [:], items: [], at: 0).count == 0)
    }

    /// A store that another engine writes is read, and never written.
    @Test func aServerMayOnlyRead() async throws {
        let definitions = try FeatureDefinitions(yaml: Self.definitions)
        let store = EmbeddedStore()
        try await FeatureWriter(definitions, store: store).apply(logged(Self.events))
        let features = EngineFeatures(FeatureReader(definitions, store: CountingStore(store)), recent: "recent")
        #expect(features.writer == nil && features.applied == .max)
        #expect(try await features.recent(of: .user("cem"), at: 0).map(\.item) == ["a", "c", "e"])
    }
}

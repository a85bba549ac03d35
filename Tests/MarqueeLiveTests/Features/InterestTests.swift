import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import ProcessTesting
import Testing

@testable import MarqueeLive

/// Searches, scrolling and devices: from the event to the log, to features, and to what a ranker is told.
@Suite struct InterestTests {
    typealias Fixture = LoopFixture

    private static let hour: Int64 = 3_600_000

    private static let definitions = """
        entities: { user: user, item: item, interest: [user, word], word: word, device: [item, device], query: query }
        features:
          user-recent: { entity: user, last: { of: click, keep: 8 } }
          searched: { entity: interest, decayed-count: { of: search, half-life: 1h } }
          word-searches: { entity: word, count: search }
          searches: { entity: query, count: search }
          depth: { entity: item, mean: { of: scroll, half-life: 1h } }
          speed: { entity: item, mean: { of: scroll, number: context.speed, half-life: 1h } }
          on-device: { entity: device, count: click }
          on-tv: { entity: item, count: click, where: { device: tv } }
        """

    private static func search(_ id: String, _ user: String, _ query: String, at time: Int64) -> Event {
        Event(id: id, user: user, item: "", type: .search, time: time, query: query)
    }

    private static func scroll(_ id: String, _ item: String, _ depth: Double, speed: String? = nil, at time: Int64)
        -> Event
    {
        Event(
            id: id, user: "ann", item: item, type: .scroll, value: depth, context: speed.map { ["speed": $0] } ?? [:],
            time: time)
    }

    @Test func theWordsOfATextAreItsLettersAndDigits() {
        #expect(SearchWords.of("Star Wars: Episode IV (1977), STAR!") == ["star", "wars", "episode", "iv", "1977"])
        #expect(SearchWords.of("Amélie – кино/2") == ["amélie", "кино", "2"])
        #expect(SearchWords.of(" -- ") == [])
    }

    /// A word that was searched for twice an hour ago is worth 2 · ½; an item is worth what its words are.
    @Test(arguments: StoreKind.available) func whatWasSearchedForIsAnInterestInItemsOfItsWords(kind: StoreKind)
        async throws
    {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let features = Features(try FeatureDefinitions(yaml: Self.definitions), store)
        let now = 100 * Self.hour
        try await features.writer.apply(
            logged([
                Self.search("1", "ann", "space opera", at: now - Self.hour),
                Self.search("2", "ann", "Space", at: now - Self.hour), Self.search("3", "ben", "opera", at: now),
            ]))
        #expect(try await features.reader.read("searched", of: "ann\u{1F}space", at: now) == .number(1))
        #expect(try await features.reader.read("word-searches", of: "opera", at: now) == .number(2))
        #expect(try await features.reader.read("searches", of: "space opera", at: now) == .number(1))
        let words = [["space", "opera", "iii"], ["opera"], ["drama"], []]
        let table = try await features.reader.table(
            of: ["searched", "word-searches"], given: [.user: "ann"], items: ["a", "b", "c", "d"],
            words: { words[$0] }, at: now)
        #expect((0..<4).map { table.numbers($0) } == [[1.5, 4], [0.5, 2], [0, 0], [0, 0]])
    }

    /// Means of what was sent, the newer the more: (½ · .2 + .8) / 1.5 of depths an hour apart.
    @Test(arguments: StoreKind.available) func scrollingIsAMean(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let features = Features(try FeatureDefinitions(yaml: Self.definitions), store)
        let now = 100 * Self.hour
        try await features.writer.apply(
            logged([
                Self.scroll("1", "film", 0.2, at: now - Self.hour), Self.scroll("2", "film", 0.8, speed: "3", at: now),
                Self.scroll("3", "film", 0.8, speed: "1.5", at: now - Self.hour),
            ]))
        let table = try await features.reader.table(
            of: ["depth", "speed"], given: [:], items: ["film", "other"], at: now)
        #expect(abs(table.numbers(0)[0] - (0.1 + 0.8 + 0.4) / 2) < 1e-4)
        #expect(abs(table.numbers(0)[1] - (3 + 0.75) / 1.5) < 1e-4)
        #expect(table[1, 0] == .unknown && table[1, 1] == .unknown)
    }

    @Test func aDeviceIsAFieldOfItsOwn() async throws {
        let features = Features(try FeatureDefinitions(yaml: Self.definitions), EmbeddedStore())
        let events = ["tv", "mobile", "tv", nil].enumerated().map {
            Event(id: "\($0)", user: "ann", item: "film", type: .click, time: 1, device: $1)
        }
        try await features.writer.apply(logged(events))
        let table = try await features.reader.table(
            of: ["on-device", "on-tv"], given: [.device: "mobile"], items: ["film"], at: 1)
        #expect(table.numbers(0) == [1, 2])
    }

    /// In the log and its export as it was sent; no item waits for it, and it is nobody's feedback.
    @Test func aSearchIsKeptAndWaitsForNoItem() async throws {
        try await Fixture.run { loop, clock in
            let events = [
                Self.search("1", "ann", "Amélie \"2\"", at: clock.now),
                Event(
                    id: "2", session: "s", item: Fixture.model.items[0], type: .scroll, value: 0.75,
                    context: ["speed": "2"], time: clock.now, device: "mobile"),
                Event(id: "3", user: "ann", session: "s", item: "", type: .search, time: clock.now, query: "x"),
            ]
            try await loop.take(events)
            #expect(loop.status.unknownItems == 0)
            #expect(try await loop.events.reader.page(after: 0, limit: 9).events.map(\.event) == events)
            #expect(try await loop.feedback.feedback(of: "ann").isEmpty)
            #expect(loop.audience[.user("ann")].consumed.isEmpty)
            // A search that names both joins the session to its user too.
            #expect(loop.audience.person(.session("s")) == .user("ann"))
            #expect(try await loop.erase(user: "ann").stores.first { $0.name == "events" }?.before == 3)
        }
    }

    /// What somebody searches for comes to the front where the ranker is told so, and leaves again as it decays.
    @Test func aRankerGoesByWhatWasSearchedFor() async throws {
        let definitions = try FeatureDefinitions(yaml: Self.definitions)
        let features = EngineFeatures(definitions, store: EmbeddedStore())
        let ranker = try LinearRanker(.init(weights: ["searched": 1]))
        try await Fixture.run(features: features, deploys: false) {
            HistoryTests.greedy(&$0)
            $0.decisions.ranker = ranker
        } _: { loop, clock in
            try await loop.catalog.put([
                CatalogItem(id: "a", title: "A Quiet Place"),
                CatalogItem(id: "b", title: "Opera", categories: ["Music"]),
                CatalogItem(id: "c", title: "Space Odyssey", categories: ["Opera", "Space"]),
            ])
            try await loop.take([Self.search("1", "ann", "space opera!", at: clock.now)])
            try await features.settle(through: 1)
            let decision = try await loop.decide(
                DecisionQuery(who: .user("ann"), count: 3, candidates: ["a", "b", "c"]))
            #expect(decision.shownIDs == ["c", "b", "a"] && decision.link == .model)
            let interests = (0..<3).map { decision.ranking.features.numbers($0)[0] }
            #expect(zip(interests, [2, 1, 0]).allSatisfy { abs($0 - $1) < 1e-3 })
            let other = try await loop.decide(DecisionQuery(who: .user("ben"), count: 3, candidates: ["a", "b", "c"]))
            #expect((0..<3).allSatisfy { other.ranking.features.numbers($0)[0] == 0 })
        }
    }
}

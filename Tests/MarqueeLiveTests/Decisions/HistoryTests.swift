import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import Testing

@testable import MarqueeLive

/// The deployed model answers from what somebody did up to now, newcomers included.
@Suite struct HistoryTests {
    typealias Fixture = LoopFixture

    /// Every decision shows the best first, so that an answer is the model's own order.
    static func greedy(_ configuration: inout LiveLoop.Configuration) {
        if let policy = try? Greedy() { configuration.arms = [PolicyArm(policy)] }
    }

    /// The model's best items for a query, by outside id, without those that were consumed.
    static func best(_ query: Query, without consumed: some Sequence<Int32>, count: Int) throws -> [String] {
        let scores = try #require(Fixture.model.model.historyScorer).scores(query)
        let consumed = Set(consumed)
        let order = scores.indices.filter { !consumed.contains(Int32($0)) }
            .sorted { (scores[$0], $1) > (scores[$1], $0) }
        return order.prefix(count).map { Fixture.model.items[Int32($0)] }
    }

    @Test func aNewcomersClicksAreAnsweredByTheModel() async throws {
        try await Fixture.run(Self.greedy) { loop, clock in
            let query = DecisionQuery(who: .user("came later"), count: 10)
            #expect(try await loop.decide(query).link == .popular)
            let clicked: [Int32] = [3, 17, 40, 77, 101]
            for (k, item) in clicked.enumerated() {
                clock.advance(1_000)
                try await loop.take([
                    Fixture.event(.click, Fixture.model.items[item], by: "came later", at: clock.now)
                ])
                let decision = try await loop.decide(query)
                #expect(decision.link == .model)
                let history = History(items: clicked[...k])
                #expect(
                    try decision.shownIDs == Self.best(Query(history: history), without: clicked[...k], count: 10))
            }
        }
    }

    @Test func whatIsTouchedInTheQueryIsHistoryToo() async throws {
        try await Fixture.run(Self.greedy) { loop, _ in
            let touched: [Int32] = [5, 60, 9]
            let query = DecisionQuery(
                who: .session("s"), count: 8, touched: touched.map { Fixture.model.items[$0] })
            let decision = try await loop.decide(query)
            #expect(decision.link == .model)
            // The newest first in the query, the newest last in a history.
            let history = History(items: touched.reversed())
            #expect(try decision.shownIDs == Self.best(Query(history: history), without: touched, count: 8))
        }
    }

    @Test func aKnownUsersClicksChangeTheOrderOfTheRest() async throws {
        try await Fixture.run(Self.greedy) { loop, clock in
            let query = DecisionQuery(who: .user(Fixture.knownUser), count: 10)
            let before = try await loop.decide(query)
            let training = Fixture.model.histories[0]
            let seen = Fixture.model.history[0]
            let clicked = try #require(
                before.choices.items.suffix(1).first.flatMap { Fixture.model.items.index(of: $0) })
            try await loop.take([
                Fixture.event(.click, Fixture.model.items[clicked], by: Fixture.knownUser, at: clock.now)
            ])
            let after = try await loop.decide(query)
            #expect(after.link == .model)
            let history = History(Array(training) + [History.Event(item: clicked, time: clock.now)])
            let expected = try Self.best(
                Query(user: 0, history: history), without: Array(seen) + [clicked], count: 10)
            #expect(after.shownIDs == expected)
            let rest = before.choices.items.filter { after.choices.items.contains($0) }
            #expect(rest.count > 20 && rest != after.choices.items.filter(rest.contains))
        }
    }

    /// A model that knows its users by index alone is helped by the neighbors of what they just did.
    @Test func whereTheModelKnowsOnlyIndicesNeighborsHelp() async throws {
        try await Fixture.run(model: Fixture.indexModel, Self.greedy) { loop, clock in
            let query = DecisionQuery(who: .user(Fixture.knownUser), count: 10)
            let before = try await loop.decide(query)
            let clicked = before.choices.items[40]
            try await loop.take([Fixture.event(.click, clicked, by: Fixture.knownUser, at: clock.now)])
            let after = try await loop.decide(query)
            #expect(before.link == .model && after.link == .model)
            #expect(!after.choices.items.contains(clicked))
            let rest = before.choices.items.filter { after.choices.items.contains($0) }
            #expect(rest.count > 20 && rest != after.choices.items.filter(rest.contains))
        }
    }

    /// Of what another server saw and this one did not, and never in place of what this one has seen since.
    @Test func aLaggingStoreHidesNothing() async throws {
        let (own, elsewhere, old): (Int32, Int32, Int32) = (11, 23, 42)
        let features = FeaturesFixture(touches: [
            (Fixture.model.items[elsewhere], Fixture.start - 1_000), (Fixture.model.items[old], Fixture.start - 2_000),
        ])
        try await Fixture.run(features: features, Self.greedy) { loop, clock in
            try await loop.take([
                Fixture.event(.click, Fixture.model.items[old], by: "u", at: clock.now - 3_000),
                Fixture.event(.click, Fixture.model.items[own], by: "u", at: clock.now),
            ])
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 10))
            let history = History(items: [old, elsewhere, own])
            #expect(
                try decision.shownIDs == Self.best(Query(history: history), without: [own, elsewhere, old], count: 10))
            // Nobody wrote it here.
            #expect(loop.audience[.user("u")].recent.map(\.item) == [own, old])
        }
    }

    /// A decision does not wait for a look through a large catalog, and ranks what other sources have meanwhile.
    @Test func ofALargeModelTheBestComeWithTheNextDecision() {
        var snapshot = CatalogSnapshot()
        for id in Fixture.model.items.ids { snapshot.put(CatalogItem(id: id)) }
        let large = DeployedModel(Fixture.model, version: "1", snapshot: snapshot, promptLimit: 100)
        let small = DeployedModel(Fixture.model, version: "1", snapshot: snapshot, promptLimit: 200)
        let query = small.query(.session("s"), [.init(.click, item: 7, time: 5)], RequestContext())
        #expect(large.topItems(for: query).isEmpty)
        large.settle()
        #expect(large.topItems(for: query) == small.topItems(for: query))
        #expect(small.topItems(for: query).count == Fixture.model.items.count - 1)
        var marks = ItemMarks()
        marks.reset(snapshot.count)
        let candidates: [Int32] = [9, 3, 140]
        let other = DeployedModel(Fixture.model, version: "1", snapshot: snapshot, promptLimit: 100)
        // Known already, or asked of the model now: to within rounding the same.
        let known = small.score(candidates, for: query, &marks), asked = other.score(candidates, for: query, &marks)
        for (a, b) in zip(known, asked) { #expect(abs(a - b) < 1e-5) }
    }

    @Test func whatTheTrainingKnowsIsNotToldTwice() throws {
        let log = InteractionLog(
            users: [0, 0, 1], items: [0, 1, 1], behaviors: [0, 2, 0], timestamps: [100, 200, 0],
            userVocabulary: Vocabulary(["ann", "bob"]), itemVocabulary: Vocabulary(["a", "b", "c", "d"]),
            behaviorNames: ["view", "cart", "buy"], target: 2)
        let data = TrainingSet(log: log)
        let saved = SavedModel(model: try Popularity.fit(.init(), to: data, in: FitContext()), data: data)
        var snapshot = CatalogSnapshot()
        // The catalog has its own order, and an item that the model does not know.
        for id in ["d", "new", "c", "b", "a"] { snapshot.put(CatalogItem(id: id)) }
        let model = DeployedModel(saved, version: "1", snapshot: snapshot)
        let interactions: [UserState.Interaction] = [
            .init(.view, item: 0, time: 400, value: 12), .init(.click, item: 1, time: 350),
            .init(.purchase, item: 2, time: 300), .init(.click, item: 3, time: 200),
        ]
        let known = model.query(.user("ann"), interactions, RequestContext(time: 500, device: "mobile"))
        #expect(known.isNew && known.query.user == 0 && known.query.context.device == "mobile")
        #expect(
            known.query.history == [
                .init(item: 0, behavior: 0, time: 100), .init(item: 1, behavior: 2, time: 200),
                .init(item: 2, behavior: 2, time: 300), .init(item: 3, behavior: 0, time: 400, value: 12),
            ])
        let unchanged = model.query(.user("ann"), [interactions[3]], RequestContext())
        #expect(!unchanged.isNew && unchanged.query.history == saved.histories[0])
        let newcomer = model.query(.session("ann"), interactions, RequestContext())
        #expect(newcomer.query.user == nil && newcomer.query.history.items == [1, 2, 3])
        #expect(newcomer.key != model.query(.session("x"), Array(interactions.dropLast()), RequestContext()).key)
    }

    @Test(arguments: [
        (["view", "cart", "buy"], [EventType.click: 0, .view: 0, .cart: 1, .purchase: 2, .favorite: 2, .rating: 2]),
        (["PV", "Click", "Purchase"], [.click: 1, .view: 1, .purchase: 2, .share: 2]),
        (["rating"], [.click: 0, .view: 0, .rating: 0]),
    ]) func eventsCountAsTheBehaviorOfTheirName(names: [String], expected: [EventType: Int]) {
        let table = BehaviorTable(names, target: UInt8(names.count - 1))
        for (type, behavior) in expected { #expect(Int(table[type]) == behavior, "\(type)") }
    }
}

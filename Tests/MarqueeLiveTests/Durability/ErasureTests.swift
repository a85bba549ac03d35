import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import ProcessTesting
import Synchronization
import Testing

@testable import MarqueeLive

@Suite struct ErasureTests {
    typealias Fixture = LoopFixture

    /// Long enough to be told from other bytes.
    private static let ann = "ann-6f1d8c02@example.org", annsSession = "session-77aa41e9d0"

    private static let definitions = """
        entities: { user: user, session: session, item: item, taste: [user, context.category] }
        features:
          user-recent: { entity: user, last: { of: [click, view, favorite], keep: 32 } }
          session-clicks: { entity: session, count: click }
          item-clicks: { entity: item, count: click }
          taste: { entity: taste, count: click }
        """

    private static func event(
        _ id: String, _ type: EventType, _ item: String, user: String?, session: String?, at time: Int64
    )
        -> Event
    {
        Event(
            id: id, user: user, session: session, item: item, type: type, context: ["category": "drama"], time: time)
    }

    /// What others did, with what is shown to them and what comes of it.
    private static func play(_ loop: LiveLoop, _ clock: TestClock, _ user: String, rounds: Int) async throws {
        for _ in 0..<rounds {
            let decision = try await loop.decide(DecisionQuery(who: .user(user), count: 3))
            var events: [Event] = []
            for (slot, item) in decision.shownIDs.enumerated() {
                for type in slot == 0 ? [EventType.impression, .click] : [.impression] {
                    events.append(Fixture.event(type, item, by: user, at: clock.now, decision: decision.name))
                }
            }
            try await loop.take(events)
            clock.advance(10)
        }
    }

    @Test(arguments: StoreKind.available) func nothingIsFoundAgain(kind: StoreKind) async throws {
        let (store, server) = try kind.make()
        defer { server?.stop() }
        let folder = Fixture.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let clock = TestClock()
        let features = EngineFeatures(try FeatureDefinitions(yaml: Self.definitions), store: store)
        let fresh = try EpsilonGreedy(.init(epsilon: 0.3))
        let experiments = try Experiments([
            .init("look", arms: [.init("a", 0.5), .init("b", 0.5)])
        ])
        func change(_ configuration: inout LiveLoop.Configuration) {
            configuration.arms = [PolicyArm(fresh)]
            configuration.experiments = experiments
        }
        let items = Fixture.model.items
        // Before signing in, and after.
        let anns = [
            Self.event("a1", .click, items[0], user: nil, session: Self.annsSession, at: clock.now),
            Self.event("a2", .hide, "not in the catalog", user: Self.ann, session: nil, at: clock.now),
            Self.event("a3", .click, items[1], user: Self.ann, session: Self.annsSession, at: clock.now),
            Self.event("a4", .view, items[2], user: Self.ann, session: nil, at: clock.now),
        ]
        let bobs = [
            Self.event("b1", .click, items[1], user: "bob", session: "session-of-bob", at: clock.now),
            Self.event("b2", .click, items[3], user: nil, session: "session-of-nobody", at: clock.now),
        ]
        let bob = Mutex<UserState?>(nil)
        try await Fixture.run(folder: folder, clock: clock, features: features, keeps: true, change) { loop, clock in
            try await loop.catalog.put([
                CatalogUser(id: Self.ann, friends: ["bob"]), CatalogUser(id: "bob", friends: ["carl", Self.ann]),
            ])
            try await loop.take([anns[0], bobs[0]])
            try await Self.play(loop, clock, Self.ann, rounds: 3)
            try await Self.play(loop, clock, "bob", rounds: 3)
            try await loop.take(Array(anns.dropFirst()) + [bobs[1]])
            try await loop.snapshot()
            try await features.settle(through: loop.events.lastSequence)
            bob.withLock { $0 = loop.audience[.user("bob")] }
            let clicks = try await features.reader.read("item-clicks", of: items[1], at: clock.now)
            let last = loop.events.lastSequence

            let erasure = try await loop.erase(user: Self.ann)
            #expect(erasure.isComplete, "\(erasure)")
            #expect(erasure.sessions == 1)
            let before = Dictionary(uniqueKeysWithValues: erasure.stores.map { ($0.name, $0.before) })
            #expect(before["events"] == 16 && before["decisions"] == 3 && before["outcomes"] == 12)
            #expect(before["catalog"] == 2 && before["experiment tallies"] == 1)
            #expect(before["features (\(kind == .redis ? "redis" : "memory"))"] == 3)

            // Others are as they were, and so are sums over many.
            #expect(loop.audience[.user("bob")] == bob.withLock { $0 })
            #expect(loop.events.lastSequence == last)
            #expect(try await features.reader.read("item-clicks", of: items[1], at: clock.now) == clicks)
            #expect(loop.catalog.user("bob")?.friends == ["carl"])
            #expect(
                try await loop.events.reader.events(after: 0).map(\.event).allSatisfy {
                    $0.user == "bob" || $0.id == "b2"
                })
            for decision in try await loop.decisions.decisions(limit: 100) {
                #expect(decision.query.who == .user("bob"))
                let policy = try await loop.decisions.policy(fresh, arm: "", version: decision.policyVersion)
                #expect(try decision.replays(with: policy))
            }
            // What somebody sends again does not bring them back.
            #expect(try await loop.append(anns).allSatisfy(\.isDuplicate))
            #expect(loop.audience[.user(Self.ann)] == UserState())
            // Again it finds nothing.
            let again = try await loop.erase(user: Self.ann)
            #expect(again.isComplete && again.stores.allSatisfy { $0.before == 0 })
        }
        #expect(
            try FileSearch.occurrences(of: [Array(Self.ann.utf8), Array(Self.annsSession.utf8)], in: folder) == [:])
        // Nor does a restart, from the snapshot or from the log, with an index of ids that is read anew.
        for removes in [false, true] {
            if removes { try FileManager.default.removeItem(at: folder.appendingPathComponent("memory.snapshot")) }
            try await Fixture.run(folder: folder, clock: clock, features: features, keeps: true, change) { loop, _ in
                try await loop.caughtUp()
                #expect(loop.audience[.user("bob")] == bob.withLock { $0 })
                #expect(loop.audience[.user(Self.ann)] == UserState())
                #expect(try await loop.append(anns).allSatisfy(\.isDuplicate))
                #expect(try await loop.append(bobs).allSatisfy(\.isDuplicate))
                // Somebody may come back, and begins anew.
                let place = try await loop.append([
                    Self.event("new-\(removes)", .click, items[5], user: Self.ann, session: nil, at: clock.now)
                ])
                try await loop.applied(place[0].sequence)
                #expect(loop.audience[.user(Self.ann)].interactions.count == 1)
                #expect(try await loop.erase(user: Self.ann).isComplete)
            }
        }
    }

    /// The last of a log are erased: who follows comes past them, and a start does not wait for what is not there.
    @Test func whereTheEndOfTheLogIsErasedTheStartGetsThere() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock, keeps: true) { loop, clock in
            try await loop.take([Fixture.event(.click, Fixture.model.items[0], by: "bob", at: clock.now)])
            try await loop.take(
                (0..<30).map { Fixture.event(.click, Fixture.model.items[$0], by: Self.ann, at: clock.now) })
            #expect(try await loop.erase(user: Self.ann).isComplete)
        }
        try FileManager.default.removeItem(at: folder.appendingPathComponent("memory.snapshot"))
        let features = EngineFeatures(try FeatureDefinitions(yaml: Self.definitions), store: EmbeddedStore())
        try await Fixture.run(folder: folder, clock: clock, features: features) { loop, _ in
            try await loop.caughtUp()
            #expect(loop.status.applied == 31 && features.applied == 31)
            #expect(loop.audience.count == 1)
        }
    }

    /// Bytes in pages that were freed before are no longer there either.
    @Test func whatRetentionDroppedIsOverwrittenToo() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock) {
            $0.eventRetention = 1_000
            $0.decisionRetention = 1_000
        } _: { loop, clock in
            try await loop.take(
                (0..<400).map {
                    Fixture.event(.click, Fixture.model.items[Int32($0 % 100)], by: Self.ann, at: clock.now)
                })
            try await Self.play(loop, clock, Self.ann, rounds: 40)
            try await loop.decisions.flush()
            clock.advance(10_000)
            try await Self.play(loop, clock, "bob", rounds: 1)
            #expect(try await loop.dropOld().events > 400)
            #expect(try await loop.events.reader.events(after: loop.events.lastSequence - 4).count == 4)
            let erasure = try await loop.erase(user: Self.ann)
            #expect(erasure.isComplete, "\(erasure)")
        }
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import Testing

@testable import MarqueeLive

@Suite struct LoggedImpressionsTests {
    typealias Fixture = LoopFixture

    @Test func decisionsAndEventsBecomeImpressions() async throws {
        try await Fixture.run { loop, clock in
            let first = try await loop.decide(
                DecisionQuery(
                    who: .user("ann"), count: 3,
                    context: RequestContext(device: "mobile", region: "de", page: "home")))
            clock.advance(1_000)
            let unseen = try await loop.decide(DecisionQuery(who: .user("bob"), count: 3))
            clock.advance(1_000)
            let second = try await loop.decide(DecisionQuery(who: .session("s"), count: 2))
            func event(_ type: EventType, _ decision: Decision, _ slot: Int, value: Double? = nil) -> Event {
                Fixture.event(
                    type, decision.shownIDs[slot], by: "ann", at: clock.now, decision: decision.name, value: value)
            }
            try await loop.take([
                event(.impression, first, 0), event(.impression, first, 1), event(.impression, first, 2),
                event(.click, first, 1), event(.view, first, 1, value: 2.5), event(.view, first, 1, value: 1),
                event(.hide, first, 2), event(.impression, second, 0), event(.favorite, second, 0),
                Fixture.event(.click, "never shown", by: "ann", at: clock.now, decision: first.name),
                Fixture.event(.click, unseen.shownIDs[0], by: "bob", at: clock.now),
            ])
            try await loop.decisions.flush()
            let impressions = try await LoggedImpressions.read(loop.decisions, loop.events.reader)
            let log = impressions.log
            #expect(log.count == 2 && log.offsets == [0, 3, 5])
            #expect(log.userVocabulary.ids == ["ann"] && log.users == [0, -1] && log.sessions == [-1, 0])
            #expect(log.timestamps == [Fixture.start, Fixture.start + 2_000])
            #expect([log.devices[0], log.regions[0], log.pages[0], log.pages[1]] == ["mobile", "de", "home", ""])
            #expect(log.items.map { log.itemVocabulary[$0] } == first.shownIDs + second.shownIDs)
            #expect(log.clicked == [false, true, false, true, false])
            #expect(log.dwell == [-1, 3_500, -1, -1, -1])
            #expect((0..<3).map { log.position(of: $0, in: 0) } == [0, 1, 2])
            #expect(log.propensities == (first.slate.slots + second.slate.slots).map { Float($0.propensity) })
            #expect(impressions.features.features.isEmpty)
            // From the second decision on.
            let later = try await LoggedImpressions.read(
                loop.decisions, loop.events.reader, from: Fixture.start + 1_000)
            #expect(later.log.count == 1 && later.log.clicked == [true, false])
        }
    }

    /// A click model is fitted to exactly what it will be served with.
    @Test func whatTheRankerWasToldComesWithThem() async throws {
        let yaml = "entities: { item: item }\nfeatures:\n  item-clicks: { entity: item, count: click }\n"
        let features = EngineFeatures(
            try FeatureDefinitions(yaml: yaml), store: EmbeddedStore(), recent: "item-clicks")
        try await Fixture.run(features: features) {
            $0.decisions.ranker = try! LinearRanker(.init(weights: ["item-clicks": 1]))
            $0.arms = [PolicyArm(try! Greedy())]
        } _: { loop, clock in
            let item = Fixture.model.items[4]
            // As many that the item trends.
            try await loop.take((0..<9).map { Fixture.event(.click, item, by: "u\($0)", at: clock.now) })
            try await features.writer?.settle(through: 9)
            let decision = try await loop.decide(DecisionQuery(who: .session("s"), count: 10))
            try await loop.take(
                decision.shownIDs.map {
                    Fixture.event(.impression, $0, by: "s", at: clock.now, decision: decision.name)
                })
            // What is clicked later was not told.
            try await loop.take([Fixture.event(.click, item, by: "v", at: clock.now)])
            try await loop.decisions.flush()
            let impressions = try await LoggedImpressions.read(
                loop.decisions, loop.events.reader, features: ["item-clicks", "no-such"])
            #expect(impressions.features.count == 10 && impressions.log.candidateCount == 10)
            let slot = try #require(decision.shownIDs.firstIndex(of: item))
            for row in 0..<10 {
                #expect(impressions.features[row, 0] == .number(row == slot ? 9 : 0))
                #expect(impressions.features[row, 1] == .unknown)
            }
        }
    }
}

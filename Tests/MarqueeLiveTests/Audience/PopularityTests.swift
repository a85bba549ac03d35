import Foundation
import MarqueeData
import MarqueeModels
import Testing

@testable import MarqueeLive

/// What is trending and popular: people, not events; now beside the training, not before it.
@Suite struct PopularityTests {
    typealias Fixture = LoopFixture

    private static let hour: Int64 = 3_600_000

    @Test func aPersonCountsOnceByTheirLastTouch() {
        let trends = Trends(halfLife: 1_000)
        let audience = Audience()
        func apply(_ type: EventType, by user: String, at time: Int64, value: Double? = nil) {
            let event = Event(id: "e", user: user, item: "i", type: type, value: value, time: time)
            if let opinion = audience.apply(event, item: 3) {
                trends.revise(3, from: opinion.before, to: opinion.after)
            }
        }
        func people(at now: Int64) -> Float { trends.people(at: now).first?.people ?? 0 }
        for _ in 0..<500 { apply(.click, by: "ann", at: 1_000_000) }
        #expect(abs(people(at: 1_000_000) - 1) < 1e-6)
        // Decayed by when it happened, in whatever order it is told.
        apply(.view, by: "ann", at: 1_001_000, value: 5)
        apply(.click, by: "ann", at: 990_000)
        #expect(abs(people(at: 1_001_000) - 1) < 1e-6 && abs(people(at: 1_002_000) - 0.5) < 1e-6)
        apply(.share, by: "bob", at: 1_000_000)
        #expect(abs(people(at: 1_001_000) - 1.5) < 1e-6)
        // Whoever rates it low is against it, also when they look at it again.
        apply(.rating, by: "ann", at: 1_001_000, value: 1)
        #expect(abs(people(at: 1_001_000) + 0.5) < 1e-6)
        apply(.view, by: "ann", at: 1_001_000, value: 5)
        #expect(abs(people(at: 1_001_000) + 0.5) < 1e-6)
        apply(.rating, by: "ann", at: 1_001_000, value: 5)
        #expect(abs(people(at: 1_001_000) - 1.5) < 1e-6)
        // What is passed by, or told of a time long ago, is next to nothing.
        apply(.impression, by: "cat", at: 1_001_000)
        apply(.click, by: "dan", at: 1_000)
        #expect(abs(people(at: 1_001_000) - 1.5) < 1e-6)
    }

    @Test func presentAndTrainingWeighByTheFormula() {
        let weights = PopularityWeights(prior: 20, live: 1)
        #expect(PopularityWeights.base([50, 100, 0]) == [0.5, 1, 0])
        let now = weights.now([(0, 60), (1, 30), (2, 5), (4, -2)]) { $0 == 1 ? 0.5 : 0 }
        #expect(now.map(\.added) == [60, 30, 5, -2].map { Float($0 / 80.0) })
        // 95 people, of whom 47.5 were to be expected at item 1.
        let expected = [60 / 20.0.squareRoot(), (30 - 47.5) / 67.5.squareRoot(), 5 / 20.0.squareRoot()]
        for (entry, trend) in zip(now, expected) { #expect(abs(entry.trend - trend) < 1e-9) }
        #expect(weights.now([(2, 4)]) { _ in 0 }[0].trend < 1)
    }

    private struct Answers: Equatable {
        var popular: [String]
        var cold: [String]
    }

    /// What everybody is told of whom nothing is known.
    private static func answers(_ loop: LiveLoop, _ clock: TestClock) async throws -> Answers {
        clock.advance(1_001)
        _ = loop.popular(count: 1)
        loop.settle()
        return Answers(
            popular: (loop.popular(count: 20) ?? []).map(\.id),
            cold: try await loop.decide(DecisionQuery(who: .user("nobody knows them"), count: 20)).shownIDs)
    }

    /// Items that few touched in training, so that all the more is heard of them now.
    private static let rare: [String] = {
        let counts = Fixture.model.history.columnCounts()
        return counts.indices.sorted { (counts[$0], $0) < (counts[$1], $1) }.map { Fixture.model.items[Int32($0)] }
    }()

    @Test(arguments: [true, false]) func oneEventOfLongAgoChangesNothing(isKnown: Bool) async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, clock in
            let before = try await Self.answers(loop, clock)
            let old: Int64 = 1_280_000_000_000  // 2010.
            let user = isKnown ? Fixture.knownUser : "somebody"
            try await loop.take([Fixture.event(.rating, Self.rare[0], by: user, at: old, value: 0.5)])
            #expect(try await Self.answers(loop, clock) == before)
            try await loop.take([Fixture.event(.click, Self.rare[1], by: user, at: old)])
            #expect(try await Self.answers(loop, clock) == before)
        }
    }

    @Test func manyClicksOfOnePersonMakeNothingPopular() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, clock in
            let before = try await Self.answers(loop, clock)
            let item = Self.rare[0]
            try await loop.take((0..<500).map { _ in Fixture.event(.click, item, by: "fan", at: clock.now) })
            let after = try await Self.answers(loop, clock)
            #expect(after == before)
            // As many people do.
            try await loop.take((0..<500).map { Fixture.event(.click, item, by: "fan \($0)", at: clock.now) })
            let famous = try await Self.answers(loop, clock)
            #expect(famous.popular.first == item && famous.cold.first == item)
            // For a while: after two days the training has its say again.
            clock.advance(48 * Self.hour)
            #expect(try await Self.answers(loop, clock) == before)
        }
    }

    @Test func whatIsRatedLowByManyFalls() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, clock in
            let head = try #require(loop.popular(count: 1)?.first?.id)
            try await loop.take((0..<60).map { Fixture.event(.rating, head, by: "u\($0)", at: clock.now, value: 1) })
            #expect(try await !Self.answers(loop, clock).popular.contains(head))
        }
    }

    @Test func withoutAModelPeopleAreWhatThereIs() async throws {
        try await Fixture.run(deploys: false, HistoryTests.greedy) { loop, clock in
            try await loop.catalog.put(["a", "b", "c"].map { CatalogItem(id: $0) })
            let events =
                ["b", "b", "c"].enumerated().map { Fixture.event(.click, $1, by: "\($0)", at: clock.now) }
                + (0..<9).map { _ in Fixture.event(.click, "a", by: "fan", at: clock.now - 2_000) }
            try await loop.take(events)
            #expect(try await Self.answers(loop, clock).popular == ["b", "c", "a"])
        }
    }

    /// A given list is put in the order of popularity where nothing else is known.
    @Test func namedCandidatesOfAStrangerAreInOrderOfPopularity() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, _ in
            let popular = try #require(loop.popular(count: 30)).map(\.id)
            let decision = try await loop.decide(
                DecisionQuery(who: .user("a stranger"), count: 30, candidates: popular.reversed()))
            #expect(decision.shownIDs == popular && decision.link == .popular)
        }
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLive

/// What a question may ask for: candidates of its own, a filter, reasons, and what it says was touched.
@Suite struct DecisionQueryTests {
    typealias Fixture = LoopFixture

    private static let newcomer = Who.session("s")

    @Test func namedCandidatesAreRankedByTheModelAlsoThoseThatWereConsumed() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, clock in
            let consumed = Fixture.model.history[0].prefix(3).map { Fixture.model.items[$0] }
            let others = (0..<90).map { Fixture.model.items[Int32($0)] }.filter { !consumed.contains($0) }
            let candidates = consumed + others
            let decision = try await loop.decide(
                DecisionQuery(
                    who: .user(Fixture.knownUser), count: candidates.count, candidates: candidates + ["nowhere"]))
            let scores = Fixture.model.model.scores(user: 0)
            let order = candidates.map { Fixture.model.items.index(of: $0)! }
                .sorted { (scores[Int($0)], $1) > (scores[Int($1)], $0) }
            #expect(decision.shownIDs == order.map { Fixture.model.items[$0] })
            #expect(decision.link == .model)
            #expect(decision.notes == ["1 of the candidates are not in the catalog"])
            // Hidden, withdrawn and touched ones are left out.
            try await loop.take([Fixture.event(.hide, candidates[0], by: Fixture.knownUser, at: clock.now)])
            try await loop.catalog.put([CatalogItem(id: candidates[1], isPublished: false)])
            let rest = try await loop.decide(
                DecisionQuery(
                    who: .user(Fixture.knownUser), count: 9, candidates: Array(candidates[..<9]),
                    touched: [candidates[2]])
            ).shownIDs
            #expect(Set(rest) == Set(candidates[3..<9]))
        }
    }

    @Test func namedCandidatesThatTheModelDoesNotKnowAreRankedAmongTheOthers() async throws {
        try await Fixture.run { loop, _ in
            let new = (0..<60).map { "new\($0)" }
            try await loop.catalog.put(new.map { CatalogItem(id: $0) })
            let candidates = new + [Fixture.model.items[5], Fixture.model.items[6]]
            let decision = try await loop.decide(
                DecisionQuery(who: .user(Fixture.knownUser), count: candidates.count, candidates: candidates))
            #expect(Set(decision.shownIDs) == Set(candidates) && decision.shownIDs.count == candidates.count)
            let none = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 5, candidates: []))
            #expect(none.link == .empty && none.shownIDs.isEmpty)
        }
    }

    /// A filter is logged with its decision, labels of any kind too.
    @Test func aFilterByLabelsIsReadBack() async throws {
        try await Fixture.run { loop, _ in
            try await loop.catalog.put([CatalogItem(id: "noir", labels: ["tags": ["noir"], "length": 120])])
            for labels: ConfigValue in [["tags": "noir"], ["length": 120], [:]] {
                let filter = ItemFilter(without: ["none"], times: .init(to: 5), labels: labels)
                let asked = ItemFilter(labels: labels)
                let shown = try await loop.decide(
                    DecisionQuery(who: Self.newcomer, count: 1, filter: asked, candidates: ["noir"]))
                #expect(shown.shownIDs == ["noir"])
                let decision = try await loop.decide(DecisionQuery(who: Self.newcomer, count: 1, filter: filter))
                try await loop.decisions.flush()
                #expect(try await loop.decisions.decision(decision.id)?.query.filter == filter)
            }
        }
    }

    @Test func anAnswerHasAsManyItemsAsAreAskedFor() async throws {
        try await Fixture.run {
            $0.decisions.choices = 5
        } _: { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 40))
            #expect(decision.shownIDs.count == 40)
        }
    }

    private static let items = [
        CatalogItem(id: "old", domain: "film", categories: ["horror"], year: 1920, time: 1_000),
        CatalogItem(id: "new", domain: "film", categories: ["horror", "comedy"], year: 2020, time: 9_000),
        CatalogItem(id: "undated", domain: "film", categories: ["horror"]),
        CatalogItem(id: "series", domain: "series", categories: ["crime"], year: 2020, time: 5_000),
        CatalogItem(id: "bare"),
    ]

    @Test(arguments: [
        (ItemFilter(), ["old", "new", "undated", "series", "bare"]),
        (ItemFilter(domains: ["film"]), ["old", "new", "undated"]),
        (ItemFilter(domains: ["series", "film"], categories: ["comedy", "crime"]), ["new", "series"]),
        (ItemFilter(categories: ["horror"], without: ["comedy", "unheard of"]), ["old", "undated"]),
        (ItemFilter(years: .init(from: 1920, to: 2019)), ["old"]),
        (ItemFilter(years: .init(to: 2020)), ["old", "new", "series"]),
        (ItemFilter(times: .init(from: 1_001)), ["new", "series"]),
        (ItemFilter(domains: ["radio"]), []),
        (ItemFilter(categories: ["unheard of"]), []),
    ]) func filtersGoByWhatTheCatalogSays(filter: ItemFilter, expected: [String]) async throws {
        try await Fixture.run(deploys: false) { loop, _ in
            try await loop.catalog.put(Self.items)
            let decision = try await loop.decide(DecisionQuery(who: Self.newcomer, count: 5, filter: filter))
            #expect(Set(decision.shownIDs) == Set(expected))
            let ranked = try await loop.decide(
                DecisionQuery(who: Self.newcomer, count: 5, filter: filter, candidates: Self.items.map(\.id)))
            #expect(Set(ranked.shownIDs) == Set(expected))
        }
    }

    /// However little of the catalog is wanted, the model ranks what there is.
    @Test func aFilterLeavesWhatTheModelLikesBest() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, _ in
            let rare = (0..<Int32(Fixture.model.items.count)).filter { $0 % 29 == 3 }
            try await loop.catalog.put(rare.map { CatalogItem(id: Fixture.model.items[$0], year: 1901) })
            let decision = try await loop.decide(
                DecisionQuery(
                    who: .user(Fixture.knownUser), count: 6, filter: ItemFilter(years: .init(from: 1901, to: 1901))))
            let scores = Fixture.model.model.scores(user: 0)
            let consumed = Set(Fixture.model.history[0])
            let expected = rare.filter { !consumed.contains($0) }.sorted { scores[Int($0)] > scores[Int($1)] }
            #expect(expected.count > 1)
            #expect(decision.shownIDs == expected.map { Fixture.model.items[$0] })
        }
    }

    @Test(arguments: [true, false]) func reasonsAreOfTheHistoryOfThisMoment(scoresHistories: Bool) async throws {
        let model = scoresHistories ? Fixture.model : Fixture.indexModel
        try await Fixture.run(model: model, HistoryTests.greedy) { loop, clock in
            let query = DecisionQuery(who: .user("newcomer"), count: 10, reasonCount: 2)
            #expect(try await loop.decide(query).reasons == Array(repeating: [], count: 10))
            let clicked = [Fixture.model.items[4], Fixture.model.items[9], Fixture.model.items[50]]
            try await loop.take(clicked.map { Fixture.event(.click, $0, by: "newcomer", at: clock.now) })
            let decision = try await loop.decide(query)
            #expect(decision.link == (scoresHistories ? .model : .session))
            #expect(decision.reasons.count == 10)
            let reasons = decision.reasons.joined()
            #expect(!reasons.isEmpty)
            for reason in reasons {
                #expect(clicked.contains(reason.item) && reason.share > 0 && reason.share <= 1)
                #expect(reason.title == Fixture.model.items.index(of: reason.item).map(loop.catalog.snapshot.title))
            }
            #expect(decision.reasons.allSatisfy { $0.count <= 2 && $0.map(\.share) == $0.map(\.share).sorted(by: >) })
            #expect(try await loop.decide(DecisionQuery(who: .user("newcomer"))).reasons.isEmpty)
        }
    }

    /// As the command line prints them.
    @Test func reasonsOfAKnownUserAreThoseOfTheModel() async throws {
        try await Fixture.run(HistoryTests.greedy) { loop, _ in
            let decision = try await loop.decide(
                DecisionQuery(who: .user(Fixture.knownUser), count: 5, reasonCount: 3))
            let list = RecommendationService(Fixture.model).recommend(
                to: Fixture.knownUser, count: 5, reasonCount: 3
            ).recommendations
            #expect(decision.shownIDs == list.map(\.item))
            for (reasons, expected) in zip(decision.reasons, list.map(\.reasons)) {
                #expect(reasons.map(\.item) == expected.map(\.item))
                for (reason, other) in zip(reasons, expected) { #expect(abs(reason.share - other.share) < 1e-4) }
            }
        }
    }

    /// Whichever source has it, also where nothing else is left, and where what is clicked may come again.
    @Test(arguments: CandidateSources.all.map(\.name) + ["", "all"])
    func whatAQuestionNamesAsTouchedDoesNotComeBack(source: String) async throws {
        try await Fixture.run {
            if source != "all" { $0.decisions.sources = source.isEmpty ? [] : [(source, 30)] }
            $0.consuming = []
        } _: { loop, clock in
            let touched = [3, 60, 17, 40, 99].map { Fixture.model.items[$0] }
            try await loop.catalog.put([CatalogUser(id: "ann", friends: ["bob"])])
            try await loop.take(
                touched.map { Fixture.event(.click, $0, by: "bob", at: clock.now) }
                    + touched.map { Fixture.event(.purchase, $0, by: "ann", at: clock.now) })
            clock.advance(2_000)
            _ = try await loop.decide(DecisionQuery(who: Self.newcomer))
            loop.settle()
            for who in [Who.session("s"), .session(""), .user("ann"), .user(Fixture.knownUser)] {
                for count in [10, 145] {
                    let decision = try await loop.decide(DecisionQuery(who: who, count: count, touched: touched))
                    #expect(Set(touched).isDisjoint(with: decision.choices.items))
                    #expect(!decision.shownIDs.isEmpty)
                }
            }
        }
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import Testing

@testable import MarqueeLive

@Suite struct DecisionTests {
    typealias Fixture = LoopFixture

    @Test func aKnownUserIsAnsweredByTheModelWithoutTheirHistory() async throws {
        try await Fixture.run { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 10))
            #expect(decision.link == .model)
            #expect(decision.model == "ials-test")
            #expect(decision.shownIDs.count == 10)
            #expect(Set(decision.shownIDs).count == 10)
            let history = Set(Fixture.model.history[0].map { Fixture.model.items[$0] })
            #expect(history.isDisjoint(with: decision.choices.items))
            #expect(decision.slate.slots.allSatisfy { $0.propensity > 0 && $0.propensity <= 1 })
        }
    }

    @Test func aPlaceThatCannotBeAFolderIsNamed() async throws {
        let file = Fixture.folder()
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let folder = file.appendingPathComponent("live")
        await #expect { try await LiveLoop(folder: folder) } throws: {
            "\($0)".hasPrefix("\(folder.path): cannot be opened")
        }
    }

    @Test func greedyShowsTheModelsOwnOrder() async throws {
        try await Fixture.run {
            $0.arms = [PolicyArm(try! Greedy())]
        } _: { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 10))
            let best = try Fixture.model.model.topK(10, for: [0], excluding: Fixture.model.history)
            #expect(decision.shownIDs == best.items.map { Fixture.model.items[$0] })
        }
    }

    @Test func theChainSaysWhichLinkAnswered() async throws {
        for (model, link) in [(Fixture.model, DecisionLink.model), (Fixture.indexModel, .session)] {
            try await Fixture.run(model: model) { loop, clock in
                let stranger = DecisionQuery(who: .user("nobody knows me"), count: 5)
                #expect(try await loop.decide(stranger).link == .popular)
                let item = Fixture.model.items[3]
                try await loop.take([Fixture.event(.click, item, by: "nobody knows me", at: clock.now)])
                let second = try await loop.decide(stranger)
                #expect(second.link == link)
                #expect(!second.choices.items.contains(item))
                let session = DecisionQuery(who: .session("s"), count: 5, touched: [item])
                let third = try await loop.decide(session)
                #expect(third.link == link)
                #expect(!third.choices.items.contains(item))
            }
        }
    }

    @Test func withoutAModelAndWithoutItems() async throws {
        try await Fixture.run(deploys: false) { loop, _ in
            let query = DecisionQuery(who: .user("a"), count: 3)
            let empty = try await loop.decide(query)
            #expect(empty.link == .empty)
            #expect(empty.shownIDs.isEmpty)
            try await loop.catalog.put([
                CatalogItem(id: "x"), CatalogItem(id: "y"), CatalogItem(id: "z", isPublished: false),
            ])
            let decision = try await loop.decide(query)
            #expect(decision.link == .catalog || decision.link == .popular)
            #expect(Set(decision.shownIDs) == ["x", "y"])
            #expect(decision.notes.contains("no model is deployed"))
        }
    }

    @Test func hiddenUnpublishedAndDeletedItemsAreGoneAtOnce() async throws {
        try await Fixture.run { loop, clock in
            let query = DecisionQuery(who: .user(Fixture.knownUser), count: 20)
            let items = try await loop.decide(query).choices.items
            let (hidden, unpublished, deleted, future) = (items[0], items[1], items[2], items[3])
            try await loop.take([Fixture.event(.hide, hidden, by: Fixture.knownUser, at: clock.now)])
            try await loop.catalog.put([
                CatalogItem(id: unpublished, isPublished: false), CatalogItem(id: future, time: clock.now + 1_000),
            ])
            try await loop.catalog.removeItems([deleted])
            let after = try await loop.decide(query).choices.items
            for item in [hidden, unpublished, deleted, future] { #expect(!after.contains(item)) }
            clock.advance(1_001)
            #expect(try await loop.decide(query).choices.items.contains(future))
        }
    }

    @Test func restrictedToADomainOrACategory() async throws {
        try await Fixture.run { loop, _ in
            try await loop.catalog.put(
                (0..<30).map { CatalogItem(id: "n\($0)", domain: "news", categories: ["politics"]) })
            let news = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 10, domain: "news"))
            #expect(news.shownIDs.count == 10)
            #expect(news.shownIDs.allSatisfy { $0.hasPrefix("n") })
            let both = try await loop.decide(
                DecisionQuery(who: .user(Fixture.knownUser), count: 10, domain: "movie", category: "politics"))
            #expect(both.link == .empty)
            let unknown = try await loop.decide(
                DecisionQuery(who: .user(Fixture.knownUser), count: 10, domain: "radio"))
            #expect(unknown.link == .empty)
        }
    }

    @Test func whatIsShownInVainRests() async throws {
        try await Fixture.run {
            $0.arms = [PolicyArm(try! Greedy())]
            $0.decisions.fatigue = Fatigue(limit: 5, rest: 3_600_000, penalty: 2)
        } _: { loop, clock in
            let query = DecisionQuery(who: .user(Fixture.knownUser), count: 1)
            let first = try #require(try await loop.decide(query).shownIDs.first)
            var places: [Int] = []
            for _ in 0..<5 {
                places.append(try #require(try await loop.decide(query).choices.items.firstIndex(of: first)))
                try await loop.take([Fixture.event(.impression, first, by: Fixture.knownUser, at: clock.now)])
            }
            #expect(places == places.sorted() && places[4] > 0)
            #expect(try await !loop.decide(query).choices.items.contains(first))
            clock.advance(3_600_001)
            #expect(try await loop.decide(query).choices.items.contains(first))
        }
    }

    @Test func whatRestsMakesRoomForOthers() async throws {
        try await Fixture.run {
            $0.decisions.sources = [("popular", 3)]
            $0.decisions.fatigue = Fatigue(limit: 1)
        } _: { loop, clock in
            let query = DecisionQuery(who: .user("somebody new"), count: 1)
            let before = try await loop.decide(query).choices.items
            try await loop.take([Fixture.event(.impression, before[0], by: "somebody new", at: clock.now)])
            let after = try await loop.decide(query).choices.items
            #expect(before.count == 3 && after.count == 3)
            #expect(Set(before).subtracting(after) == [before[0]])
        }
    }

    @Test func whatIsLikedIsLookedForFirst() async throws {
        try await Fixture.run(deploys: false) {
            $0.decisions.sources = [("content", 4)]
            $0.arms = [PolicyArm(try! Greedy())]
        } _: { loop, clock in
            let categories = [["a"], ["b"], ["c"], ["a"], ["a", "b"], ["b"], ["a", "c"], ["c"]]
            try await loop.catalog.put(
                categories.enumerated().map { CatalogItem(id: "\($0)", title: "", categories: $1, time: clock.now) })
            // Likes a, less b, and passed by c.
            try await loop.take([
                Fixture.event(.click, "0", by: "p", at: clock.now), Fixture.event(.click, "1", by: "p", at: clock.now),
                Fixture.event(.impression, "2", by: "p", at: clock.now),
                Fixture.event(.click, "3", by: "p", at: clock.now),
            ])
            clock.advance(2_000)
            _ = try await loop.decide(DecisionQuery(who: .user("p")))
            loop.settle()
            let shown = try await loop.decide(DecisionQuery(who: .user("p"), count: 3)).shownIDs
            #expect(shown == ["4", "5", "6"])
        }
    }

    @Test func atMostSoManyOfACategory() async throws {
        try await Fixture.run {
            $0.decisions.categoryCap = 2
        } _: { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 10))
            let snapshot = loop.catalog.snapshot
            var counts: [UInt16: Int] = [:]
            for item in decision.shown {
                for category in snapshot.categories[Int(item)] { counts[category, default: 0] += 1 }
            }
            #expect(counts.values.allSatisfy { $0 <= 2 })
            #expect(!decision.shown.isEmpty)
        }
    }

    @Test func friendsAndFreshItemsAreCandidates() async throws {
        try await Fixture.run {
            $0.decisions.sources = [("social", 10), ("fresh", 5)]
        } _: { loop, clock in
            let item = Fixture.model.items[9]
            try await loop.catalog.put([CatalogUser(id: "ann", friends: ["bob"])])
            try await loop.catalog.put([CatalogItem(id: "new", time: clock.now)])
            try await loop.take([Fixture.event(.click, item, by: "bob", at: clock.now)])
            let items = try await loop.decide(DecisionQuery(who: .user("ann"), count: 2)).choices.items
            #expect(items.contains(item))
            #expect(items.contains("new"))
        }
    }

    /// What came with a model has no time; it is not the news of the day.
    @Test func itemsWithoutATimeAreNotFresh() async throws {
        try await Fixture.run {
            $0.decisions.sources = [("fresh", 5)]
        } _: { loop, clock in
            try await loop.catalog.put([
                CatalogItem(id: "new", time: clock.now), CatalogItem(id: "newer", time: clock.now),
            ])
            let items = try await loop.decide(DecisionQuery(who: .user("stranger"), count: 2)).choices.items
            #expect(Set(items) == ["new", "newer"])
        }
    }

    @Test func deadFeaturesAreSaidAndDoNotStop() async throws {
        try await Fixture.run(features: FeaturesFixture(error: "Redis does not answer")) { loop, clock in
            try await loop.take([Fixture.event(.click, Fixture.model.items[1], by: "new", at: clock.now)])
            let decision = try await loop.decide(DecisionQuery(who: .user("new"), count: 3))
            #expect(decision.notes == ["features: Redis does not answer"])
            #expect(decision.link == .model)
        }
    }

    @Test func beyondTheDeadlineTheRankerIsLeftOut() async throws {
        try await Fixture.run {
            $0.decisions.deadline = .zero
        } _: { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 3))
            #expect(decision.link == .popular)
            #expect(decision.shownIDs.count == 3)
            #expect(decision.notes.contains { $0.hasPrefix("the deadline") })
        }
    }

    @Test func garbageInPlaceOfAModelIsOneErrorAndTheOldModelStays() async throws {
        let folder = Fixture.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try Fixture.model.write(to: folder)
        try await Fixture.run(deploys: false) { loop, _ in
            let version = try await loop.deploy(folder)
            #expect(version.hasPrefix("ials-"))
            try Data("garbage".utf8).write(to: folder.appendingPathComponent("weights.safetensors"))
            await #expect(throws: ModelError.self) { try await loop.deploy(folder) }
            #expect(try await loop.decide(DecisionQuery(who: .user(Fixture.knownUser), count: 3)).model == version)
        }
    }

    @Test func swappingModelsFailsNoDecision() async throws {
        try await Fixture.run { loop, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for round in 0..<20 { try await loop.deploy(Fixture.model, version: "v\(round)") } }
                for task in 0..<3 {
                    group.addTask {
                        for k in 0..<60 {
                            let user = Fixture.model.users[Int32((task * 60 + k) % 200)]
                            let decision = try await loop.decide(DecisionQuery(who: .user(user), count: 5))
                            #expect(decision.link == .model && decision.shownIDs.count == 5)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func similarAndPopular() async throws {
        try await Fixture.run { loop, clock in
            let item = Fixture.model.items[0]
            let similar = try #require(try loop.similar(to: item, count: 8)).items.map(\.id)
            #expect(similar.count == 8 && !similar.contains(item))
            #expect(try loop.similar(to: "?", count: 8) == nil)
            #expect(loop.popular(count: 5)?.count == 5)
            clock.advance(5_000)
            try await loop.take(
                (0..<50).map { Fixture.event(.click, Fixture.model.items[7], by: "u\($0)", at: clock.now) })
            clock.advance(5_000)
            // Who asks first has the old lists and does not wait for the new ones.
            #expect(loop.popular(count: 5)?.first?.id != Fixture.model.items[7])
            loop.settle()
            let popular = try #require(loop.popular(count: 5))
            #expect(popular.first?.id == Fixture.model.items[7])
            #expect(popular.map(\.score) == popular.map(\.score).sorted(by: >))
            #expect(loop.popular(domain: "radio", count: 5) == nil)
        }
    }

    @Test func aDecisionIsReadBackWhole() async throws {
        try await Fixture.run {
            $0.arms = [PolicyArm(try! LinUCB(.init()))]
        } _: { loop, _ in
            var decision = try await loop.decide(
                DecisionQuery(
                    who: .session("s"), count: 4, domain: "movie",
                    filter: ItemFilter(
                        domains: ["movie"], without: ["none of it"], years: .init(from: -1), times: .init(to: 1 << 50)),
                    reasonCount: 1, touched: [Fixture.model.items[2]],
                    context: RequestContext(time: 5, device: "mobile", region: "de", page: "home")))
            try await loop.decisions.flush()
            let read = try #require(try await loop.decisions.decision(decision.id))
            (decision.shown, decision.reasons) = ([], [])
            // What logging took is known after it is logged.
            decision.stages = read.stages
            #expect(read == decision)
            #expect(read.choices.width == ChoiceFeatures.width)
            let bytes = decision.bytes
            for length in stride(from: 0, to: bytes.count, by: 7) {
                #expect(throws: DecisionLogError.damaged) { try Decision(bytes: Array(bytes[..<length])) }
            }
            #expect(Decision.id(decision.name) == decision.id)
        }
    }
}

import Foundation
import MarqueeData
import MarqueeModels
import Testing

@testable import MarqueeLive

@Suite struct FeedbackTests {
    typealias Fixture = LoopFixture

    private static func feedback(
        _ type: String, _ user: String, _ item: String, _ event: EventType = .favorite, value: Double? = nil,
        time: Int64? = Fixture.start
    ) -> Feedback {
        Feedback(Feedback.Key(type: type, user: user, item: item), event, value: value, time: time)
    }

    /// `a/b`, `c` and `a`, `b/c` had one id, and the second was dropped after it was acknowledged.
    @Test func partsWithSlashesAreToldApart() async throws {
        try await Fixture.run { loop, _ in
            let both = [Self.feedback("click", "a/b", "c", .click), Self.feedback("click", "a", "b/c", .click)]
            #expect(try await loop.put(both) == [.added, .added])
            #expect(try await loop.feedback.feedback(of: "a/b") == [both[0]])
            #expect(try await loop.feedback.feedback(of: "a") == [both[1]])
            let ids = try await loop.events.reader.events(after: 0).map(\.event.id)
            #expect(Set(ids).count == 2)
        }
    }

    @Test func sentAgainItCountsOnceAndANewValueIsAChange() async throws {
        try await Fixture.run { loop, clock in
            let item = Fixture.model.items[2]
            func rating(_ value: Double, time: Int64? = nil) -> Feedback {
                Self.feedback("rating", "ann", item, .rating, value: value, time: time)
            }
            #expect(try await loop.put([rating(2)]) == [.added])
            clock.advance(1_000)
            #expect(try await loop.put([rating(2)]) == [.unchanged])
            #expect(try await loop.put([rating(5)]) == [.changed])
            // Back to what it was: a change as well.
            #expect(try await loop.put([rating(2)]) == [.changed])
            #expect(try await loop.put([rating(2, time: Fixture.start + 7)]) == [.changed])
            #expect(try await loop.put([rating(2, time: Fixture.start + 7)]) == [.unchanged])
            #expect(try await loop.feedback.feedback(of: "ann").map(\.value) == [2])
            // The last of one call stands.
            #expect(
                try await loop.put([rating(3), rating(4), rating(4), rating(3)]) == [
                    .changed, .changed, .unchanged, .changed,
                ])
            #expect(try await loop.feedback.feedback(of: "ann").map(\.value) == [3])
            try await loop.applied(loop.events.lastSequence)
            #expect(loop.audience[.user("ann")].interactions.map(\.value) == [3])
        }
    }

    /// Somebody else's event may have the id; the feedback is kept under another one.
    @Test func anIdThatIsTakenLosesNothing() async throws {
        try await Fixture.run { loop, _ in
            let sent = Self.feedback("click", "ann", "x", .click)
            _ = try await loop.append([
                Event(id: sent.id(after: 0), user: "eve", item: "y", type: .view, time: Fixture.start)
            ])
            #expect(try await loop.put([sent]) == [.added])
            #expect(try await loop.feedback.feedback(of: "ann") == [sent])
        }
    }

    @Test func eventsOfBeforeAreRead() async throws {
        try await Fixture.run { loop, _ in
            // As ids were built.
            let old = Event(
                id: "feedback/click/ann/7", user: "ann", item: "7", type: .click, time: Fixture.start)
            _ = try await loop.append([old])
            #expect(try await loop.put([Self.feedback("click", "ann", "7", .click)]) == [.unchanged])
            #expect(try await loop.feedback.feedback(of: "ann") == [Self.feedback("click", "ann", "7", .click)])
        }
    }

    @Test func listsByUserByItemAndByPages() async throws {
        try await Fixture.run { loop, _ in
            var all: [Feedback] = []
            for k in 0..<7 {
                all.append(
                    Self.feedback(k % 2 == 0 ? "star" : "click", "u\(k % 3)", "i\(k)", k % 2 == 0 ? .favorite : .click))
            }
            _ = try await loop.put(all)
            // What is said of nobody, and what is changed, is not listed.
            _ = try await loop.append([
                Event(id: "s", session: "s", item: "i0", type: .click, time: Fixture.start)
            ])
            var changed = all[1]
            changed.value = 2
            _ = try await loop.put([changed])
            let reader = loop.feedback
            #expect(try await reader.feedback(of: "u0") == [all[0], all[3], all[6]])
            #expect(try await reader.feedback(of: "u0", type: "star") == [all[0], all[6]])
            #expect(try await reader.feedback(about: "i4") == [all[4]])
            var pages: [[Feedback]] = []
            var cursor: Int64? = 0
            while let next = cursor {
                let (page, after) = try await reader.feedback(after: next, limit: 3)
                pages.append(page)
                cursor = after
            }
            #expect(pages == [[all[0], all[2], all[3]], [all[4], all[5], all[6]], [changed]])
            #expect(
                try await reader.feedback(after: 0, limit: 9, type: "star").page == all.filter { $0.key.type == "star" }
            )
        }
    }

    @Test func whatIsTakenBackLeavesMemoryAtOnceAndAfterARestart() async throws {
        let folder = Fixture.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (item, other) = (Fixture.model.items[4], Fixture.model.items[5])
        // What other servers told of it says nothing any more.
        let features = FeaturesFixture(touches: [(item, Fixture.start)])
        try await Fixture.run(folder: folder, features: features, keeps: true) { loop, clock in
            _ = try await loop.put([
                Self.feedback("star", "ann", item), Self.feedback("click", "ann", item, .click),
                Self.feedback("click", "ann", other, .click),
            ])
            clock.advance(1_000)
            try await loop.applied(3)
            #expect(loop.audience[.user("ann")].consumed.count == 2)
            // The click is left, and with it the item stays consumed.
            #expect(try await loop.retractFeedback(of: "ann", item: item, type: "star") == 1)
            #expect(loop.audience[.user("ann")].consumed.count == 2)
            #expect(loop.audience[.user("ann")].interactions.map(\.type) == [.click, .click])
            #expect(try await loop.retractFeedback(of: "ann", item: item) == 1)
            #expect(try await loop.retractFeedback(of: "ann", item: item) == 0)
            #expect(try await loop.feedback.feedback(of: "ann").map(\.key.item) == [other])
        }
        try await Fixture.run(folder: folder, features: features, keeps: true) { loop, _ in
            try await loop.caughtUp()
            #expect(loop.audience[.user("ann")].consumed == [5])
            let decision = try await loop.decide(DecisionQuery(who: .user("ann"), count: 150))
            #expect(decision.choices.items.contains(item) && !decision.choices.items.contains(other))
            // Touched again, it is consumed again.
            #expect(try await loop.put([Self.feedback("star", "ann", item)]) == [.added])
            try await loop.applied(loop.events.lastSequence)
            #expect(loop.audience[.user("ann")].consumed == [5, 4])
            // All of it, hidden items too.
            _ = try await loop.put([Self.feedback("dislike", "ann", Fixture.model.items[6], .hide)])
            #expect(try await loop.retractFeedback(of: "ann") == 3)
            let state = loop.audience[.user("ann")]
            #expect(state.consumed.isEmpty && state.hidden.isEmpty && state.interactions.isEmpty)
        }
    }

    /// A retraction that a client sends.
    @Test func aTypeIsTakenBackByAnEvent() async throws {
        try await Fixture.run { loop, clock in
            let item = Fixture.model.items[4]
            try await loop.take([
                Fixture.event(.click, item, by: "ann", at: clock.now),
                Fixture.event(.favorite, item, by: "ann", at: clock.now),
                Fixture.event(.retract, item, by: "ann", at: clock.now, context: ["of": "favorite"]),
            ])
            #expect(loop.audience[.user("ann")].interactions.map(\.type) == [.click])
            #expect(loop.audience[.user("ann")].consumed == [4])
            #expect(try await loop.feedback.feedback(of: "ann").map(\.key.type) == ["click"])
            try await loop.take([Fixture.event(.retract, item, by: "ann", at: clock.now)])
            #expect(loop.audience[.user("ann")].consumed.isEmpty)
        }
    }

    /// What the model was trained with is forgotten of somebody who takes it back.
    @Test func aTrainedItemCanBeTakenBack() async throws {
        try await Fixture.run { loop, clock in
            let trained = Fixture.model.items[Fixture.model.history[0][0]]
            let query = DecisionQuery(who: .user(Fixture.knownUser), count: 100)
            #expect(try await !loop.decide(query).choices.items.contains(trained))
            try await loop.take([Fixture.event(.retract, trained, by: Fixture.knownUser, at: clock.now)])
            let context = loop.audience[.user(Fixture.knownUser)].retractions
            #expect(context.map(\.item) == [try #require(loop.catalog.snapshot.ids.index(of: trained))])
        }
    }

    @Test func neighborsAreThoseWhoDidTheSame() async throws {
        try await Fixture.run { loop, clock in
            let neighbors = loop.neighbors(ofUser: Fixture.knownUser, count: 5)
            #expect(neighbors.count == 5 && !neighbors.contains { $0.user == Fixture.knownUser })
            let own = Set(Fixture.model.history[0])
            let all = (1..<Int32(Fixture.model.users.count)).map { user in
                let items = Fixture.model.history[user]
                return Double(own.intersection(items).count) / (Double(own.count) * Double(items.count)).squareRoot()
            }
            #expect(neighbors.map(\.score) == all.sorted(by: >).prefix(5).map(\.self))
            #expect(loop.neighbors(ofUser: "new", count: 5).isEmpty)
            try await loop.take([Fixture.event(.click, Fixture.model.items[3], by: "new", at: clock.now)])
            #expect(loop.neighbors(ofUser: "new", count: 5).count == 5)
        }
    }
}

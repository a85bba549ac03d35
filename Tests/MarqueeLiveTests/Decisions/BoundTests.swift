import Foundation
import MarqueeData
import MarqueeModels
import Testing

@testable import MarqueeLive

/// What must not grow for ever does not.
@Suite struct BoundTests {
    typealias Fixture = LoopFixture

    @Test func whoWasQuietLongestIsForgottenAndBeginsAnew() {
        let audience = Audience(capacity: 640)
        func click(_ user: Int, at time: Int64) {
            audience.apply(
                Event(id: "\(user)-\(time)", user: "u\(user)", item: "i", type: .click, time: time),
                item: Int32(user % 50))
        }
        for user in 0..<100_000 {
            click(user, at: Int64(user))
            click(7, at: Int64(user))
        }
        #expect(audience.count <= 640 && audience.count > 400)
        // Somebody who never was quiet is known, as is the last who came; the first is not.
        #expect(audience[.user("u7")].recent.map(\.item) == [7])
        #expect(audience[.user("u99999")].consumed == [49])
        #expect(audience[.user("u0")] == UserState())
        click(0, at: 100_000)
        #expect(audience[.user("u0")].consumed == [0])
    }

    @Test func ofManyWhoCameAtOnceATenthIsForgotten() {
        let audience = Audience(capacity: 6_400)
        for user in 0..<6_400 {
            audience.apply(Event(id: "\(user)", user: "u\(user)", item: "i", type: .click, time: 5), item: 1)
        }
        #expect(audience.count > 5_000)
    }

    @Test func statisticsUpdatedLongestAgoAreForgotten() async throws {
        let store = EmbeddedStore(capacity: 12_800)
        func update(_ entities: [String]) async throws {
            let updates = entities.map { entity in
                FeatureUpdate(
                    key: FeatureKey(label: "clicks", entity: entity), rule: .count, observation: Observation(time: 0))
            }
            try await store.update(updates, marks: [:], expected: [:])
        }
        // One at a time, and so many at once that workers share them, yet fewer than any shard can hold: hashes differ
        // from run to run, and 66 keys a shard are 200 in none.
        for user in 0..<20_000 { try await update(["u\(user)", "always"]) }
        try await update((20_000..<24_200).map { "u\($0)" } + ["always"])
        #expect(store.count <= 12_800 && store.count > 8_000)
        let keys = ["always", "u0"].map { FeatureKey(label: "clicks", entity: $0) }
        #expect(store.values(of: keys) == [.count(20_001), nil])
        try await update(["u0"])
        #expect(store.values(of: keys)[1] == .count(1))
    }

    @Test func outcomesOfDecisionsBeyondMemoryAreJoinedFromTheLog() async throws {
        try await Fixture.run {
            $0.openDecisions = 2
        } _: { loop, clock in
            var decisions: [Decision] = []
            for user in 0..<6 {
                decisions.append(try await loop.decide(DecisionQuery(who: .user("u\(user)"), count: 3)))
            }
            for type in [EventType.impression, .click] {
                for decision in decisions {
                    try await loop.take([
                        Fixture.event(
                            type, decision.shownIDs[1], by: decision.query.who.id, at: clock.now,
                            decision: decision.name)
                    ])
                }
            }
            #expect(loop.learner.counts == (12, 0))
            try await loop.decisions.flush()
            let outcomes = try await loop.decisions.outcomes(arm: "").map(\.outcome)
            #expect(outcomes.map(\.reward) == Array(repeating: 0, count: 6) + Array(repeating: 1, count: 6))
            #expect(outcomes.suffix(6).allSatisfy { $0.revising == 0 })
        }
    }

    /// Also when somebody else is just writing them.
    @Test func onceFlushedAllIsOnDisk() async throws {
        try await Fixture.run { loop, clock in
            for round in 1...20 {
                for _ in 0..<10 { _ = try await loop.decide(DecisionQuery(who: .user("u"), count: 3)) }
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<6 {
                        group.addTask {
                            try await loop.decisions.flush()
                            return try await loop.decisions.decisions(limit: 1_000).count
                        }
                    }
                    for try await count in group { #expect(count == round * 10) }
                }
            }
        }
    }

    @Test func logsKeepAsLongAsTheyAreTold() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        let day: Int64 = 86_400_000
        let fresh = try BetaThompson()
        @Sendable func bytes(_ policy: any Policy) throws -> Data {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return try encoder.encode(PolicyState(policy))
        }
        func keepTwoDays(_ configuration: inout LiveLoop.Configuration) {
            configuration.arms = [PolicyArm(fresh)]
            configuration.eventRetention = 2 * day
            configuration.decisionRetention = 2 * day
        }
        try await Fixture.run(folder: folder, clock: clock, keeps: true, keepTwoDays) { loop, clock in
            var first: Decision?
            for _ in 0..<5 {
                let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
                first = first ?? decision
                try await loop.take([
                    Fixture.event(.click, decision.shownIDs[0], by: "u", at: clock.now, decision: decision.name)
                ])
                clock.advance(day)
            }
            try await loop.decisions.flush()
            let learned = try bytes(await loop.decisions.policy(fresh, arm: ""))
            #expect(try await loop.dropOld() == (3, 3))
            #expect(try await loop.dropOld() == (0, 0))
            #expect(try await loop.events.reader.kept() == 4...5)
            #expect(try await loop.decisions.decisions(limit: 10).count == 2)
            #expect(try await loop.decisions.decision(#require(first).id) == nil)
            // What was learned from what is gone is still known, and what is kept replays.
            #expect(try await loop.decisions.outcomes(arm: "").count == 2)
            #expect(try bytes(await loop.decisions.policy(fresh, arm: "")) == learned)
            for decision in try await loop.decisions.decisions(limit: 10) {
                let policy = try await loop.decisions.policy(fresh, arm: "", version: decision.policyVersion)
                #expect(policy.version == decision.policyVersion)
                #expect(try decision.replays(with: policy))
            }
            // Other settings learn from what is left.
            #expect(try await loop.decisions.policy(BetaThompson(.init(alpha: 2)), arm: "").version == 2)
        }
        try await Fixture.run(folder: folder, clock: clock, keepTwoDays) { loop, clock in
            try await loop.caughtUp()
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
            #expect(decision.policyVersion == 5)
        }
    }

    /// Nothing goes that somebody still has to read.
    @Test func retentionWaitsForThoseWhoFollow() async throws {
        try await Fixture.run(features: FeaturesFixture(applied: 1)) {
            $0.eventRetention = 1
        } _: { loop, clock in
            let item = Fixture.model.items[0]
            try await loop.take((0..<4).map { Fixture.event(.click, item, by: "u\($0)", at: clock.now) })
            clock.advance(1_000)
            #expect(try await loop.dropOld().events == 1)
            #expect(try await loop.events.reader.kept() == 2...4)
        }
    }
}

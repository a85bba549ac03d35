import Foundation
import MarqueeData
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite struct LearningTests {
    typealias Fixture = LoopFixture

    /// Shows slates to several users, with clicks by a seed, and returns the decisions.
    @discardableResult
    private static func play(_ loop: LiveLoop, _ clock: TestClock, rounds: Int, seed: UInt64) async throws -> [Decision]
    {
        var random = RandomStream(seed: seed, "play")
        var decisions: [Decision] = []
        for round in 0..<rounds {
            let user = Fixture.model.users[Int32(round % 50)]
            let decision = try await loop.decide(DecisionQuery(who: .user(user), count: 4))
            decisions.append(decision)
            clock.advance(10)
            var events: [Event] = []
            for item in decision.shownIDs {
                events.append(Fixture.event(.impression, item, by: user, at: clock.now, decision: decision.name))
                if random.nextUnit() < 0.3 {
                    events.append(Fixture.event(.click, item, by: user, at: clock.now, decision: decision.name))
                }
            }
            try await loop.take(events)
        }
        return decisions
    }

    private static func policies() throws -> [any Policy] {
        [
            try EpsilonGreedy(.init(epsilon: 0.3)), try BetaThompson(), try LinUCB(.init()),
            try LinearThompson(.init()), try Softmax(),
        ]
    }

    @Test(arguments: 0..<5) func everyDecisionReplaysToTheBitAlsoAfterARestart(index: Int) async throws {
        let fresh = try Self.policies()[index]
        let folder = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock, keeps: true) {
            $0.arms = [PolicyArm(fresh)]
        } _: { loop, clock in
            try await Self.play(loop, clock, rounds: 12, seed: 5)
        }
        try await Fixture.run(folder: folder, clock: clock) {
            $0.arms = [PolicyArm(fresh)]
            $0.nonce = 8
        } _: { loop, clock in
            try await loop.caughtUp()
            try await Self.play(loop, clock, rounds: 6, seed: 6)
            try await loop.decisions.flush()
            let decisions = try await loop.decisions.decisions(limit: 100)
            #expect(decisions.count == 18)
            #expect(decisions.contains { $0.policyVersion > 0 })
            for decision in decisions {
                let policy = try await loop.decisions.policy(fresh, arm: "", version: decision.policyVersion)
                #expect(policy.version == decision.policyVersion)
                #expect(try decision.replays(with: policy))
            }
        }
    }

    @Test func aLateRewardRevisesAndCountsOnce() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        var reward = RewardDefinition()
        reward.click = 0.25
        reward.purchase = 0.75
        let definition = reward
        let (name, item) = try await {
            var found = ("", "")
            try await Fixture.run(folder: folder, clock: clock, keeps: true) {
                $0.reward = definition
            } _: { loop, clock in
                let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
                let item = decision.shownIDs[1]
                for type in [EventType.impression, .click, .click] {
                    try await loop.take([Fixture.event(type, item, by: "u", at: clock.now, decision: decision.name)])
                }
                try await loop.decisions.flush()
            }
            let log = try DecisionLog(url: folder.appendingPathComponent("decisions.sqlite"))
            let decision = try #require(try await log.decisions(limit: 1).first)
            found = (decision.name, decision.shownIDs[1])
            return found
        }()
        // A day and a restart later: the decision comes back from the log, with what it had earned.
        clock.advance(86_400_000)
        try await Fixture.run(folder: folder, clock: clock) {
            $0.reward = definition
        } _: { loop, clock in
            try await loop.take([Fixture.event(.purchase, item, by: "u", at: clock.now, decision: name)])
            try await loop.decisions.flush()
            let outcomes = try await loop.decisions.outcomes(arm: "").map(\.outcome)
            #expect(outcomes.map(\.reward) == [0, 0.25, 1])
            #expect(outcomes.map(\.revising) == [nil, 0, 0.25])
            #expect(outcomes.allSatisfy { $0.item == item })
            #expect(loop.learner.counts == (1, 0))
        }
    }

    @Test func eventsOfNoDecisionTeachNothing() async throws {
        try await Fixture.run { loop, clock in
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
            try await loop.take([
                Fixture.event(.click, decision.shownIDs[0], by: "u", at: clock.now),
                Fixture.event(.click, decision.shownIDs[0], by: "u", at: clock.now, decision: "no such"),
                Fixture.event(.click, decision.shownIDs[0], by: "u", at: clock.now, decision: "0000000000000001"),
                Fixture.event(.click, "never shown", by: "u", at: clock.now, decision: decision.name),
            ])
            #expect(loop.learner.counts == (0, 3))
            try await loop.decisions.flush()
            #expect(try await loop.decisions.outcomes(arm: "").isEmpty)
        }
    }

    @Test func anEventOfSomebodyElseEarnsNothing() async throws {
        try await Fixture.run { loop, clock in
            let user = try await loop.decide(DecisionQuery(who: .user("u"), count: 3))
            let session = try await loop.decide(DecisionQuery(who: .session("s"), count: 3))
            let nameless = try await loop.decide(DecisionQuery(who: .session(""), count: 3))
            func click(_ decision: Decision, user: String? = nil, session: String? = nil, as name: String? = nil)
                -> Event
            {
                Event(
                    id: UUID().uuidString, user: user, session: session, item: decision.shownIDs[0], type: .click,
                    time: clock.now, decision: name ?? decision.name)
            }
            try await loop.take([
                click(user, user: "v"), click(user, session: "s"), click(session, session: "t"),
                click(session, user: "u"), click(user, user: "u", as: user.name.uppercased() + " "),
            ])
            #expect(loop.learner.counts == (0, 5))
            try await loop.decisions.flush()
            #expect(try await loop.decisions.outcomes(arm: "").isEmpty)
            // The session turns out to be the user's.
            try await loop.take([
                click(session, user: "u", session: "s"), click(user, session: "s"), click(nameless, user: "anybody"),
            ])
            #expect(loop.learner.counts == (3, 5))
            try await loop.decisions.flush()
            #expect(try await loop.decisions.outcomes(arm: "").map(\.outcome.reward) == [1, 1, 1])
        }
    }

    @Test func rewardsAreTheSumOfTheirParts() {
        var reward = RewardDefinition()
        reward.click = 0.1
        reward.dwell = 0.2
        reward.dwellSeconds = 10
        reward.completion = 0.3
        reward.purchase = 0.6
        reward.hide = -0.5
        var parts = RewardDefinition.Parts()
        func add(_ type: EventType, value: Double? = nil, context: [String: String] = [:]) -> Double {
            parts = reward.adding(
                Event(id: "e", user: "u", item: "i", type: type, value: value, context: context, time: 1), to: parts)
            return reward.total(parts)
        }
        #expect(add(.impression) == 0)
        #expect(add(.click) == 0.1)
        #expect(add(.click) == 0.1)
        #expect(abs(add(.view, value: 5) - 0.2) < 1e-12)
        #expect(abs(add(.view, value: 100, context: ["completion": "0.5"]) - 0.45) < 1e-12)
        #expect(add(.purchase) == 1)
        #expect(abs(add(.hide) - 0.55) < 1e-12)
    }
}

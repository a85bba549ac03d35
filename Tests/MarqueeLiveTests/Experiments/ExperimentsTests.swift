import Foundation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite struct ExperimentsTests {
    typealias Fixture = LoopFixture

    static let yaml = """
        - name: thompson
          layer: ranking
          share: 0.8
          effect: 0.1
          arms:
            - { name: control, share: 0.5 }
            - { name: treatment, share: 0.5, policy: beta-thompson }
        - name: rows
          layer: snapshot
          arms: [{ name: one, share: 0.25 }, { name: two, share: 0.75 }]
        """

    @Test func peopleDecideByTheirArmsPolicyAndItLearnsFromThemAlone() async throws {
        let experiments = try ConfigDocument(yaml: Self.yaml, file: "experiments").decode(Experiments.self)
        let greedy = try Greedy()
        let folder = Fixture.folder()
        let clock = TestClock()
        let change: @Sendable (inout LiveLoop.Configuration) -> Void = {
            $0.arms = [PolicyArm(greedy)] + experiments.policyArms()
            $0.experiments = experiments
        }
        let people = (0..<200).map { "person-\($0)" }
        let first = Lock<[ExperimentSummary]>([])
        try await Fixture.run(folder: folder, clock: clock, keeps: true, change) { loop, clock in
            var treated = 0
            for person in people {
                let decision = try await loop.decide(DecisionQuery(who: .user(person), count: 2))
                let assignments = experiments.assignments(of: .user(person))
                #expect(decision.assignments == assignments)
                #expect(assignments.contains { $0.experiment == "rows" })
                let isTreated = assignments.contains { $0.arm == "treatment" }
                #expect(decision.arm == (isTreated ? "thompson/treatment" : ""))
                #expect(decision.policy == (isTreated ? "beta-thompson" : "greedy"))
                clock.advance(5)
                let item = decision.shownIDs[0]
                // Whoever is treated clicks, and likes it later too.
                var events = [Fixture.event(.impression, item, by: person, at: clock.now, decision: decision.name)]
                if isTreated {
                    treated += 1
                    events.append(Fixture.event(.click, item, by: person, at: clock.now, decision: decision.name))
                }
                try await loop.take(events)
            }
            // A session without an id could not be told from another.
            let nameless = try await loop.decide(DecisionQuery(who: .session(""), count: 2))
            #expect(nameless.assignments.isEmpty)

            let reports = try await experiments.reports(from: loop.decisions)
            first.withLock { $0 = reports }
            let thompson = reports[0]
            #expect(
                thompson.arms.map(\.people) == [
                    people.count { experiments.assignments(of: .user($0)).contains { $0.arm == "control" } }, treated,
                ])
            #expect(
                thompson.arms[1].reward == Double(treated) && thompson.arms[1].mean == 1 && thompson.arms[0].mean == 0)
            #expect(thompson.arms[0].comparison == nil && thompson.arms[1].comparison?.difference == 1)
            #expect(!thompson.sampleRatio.isMismatch && thompson.moved == 0)
            #expect(reports[1].arms.reduce(0) { $0 + $1.people } == people.count)

            let logged = try await loop.decisions.decisions(limit: 1_000)
            #expect(logged.count { $0.arm == "thompson/treatment" } == treated)
            for decision in logged where decision.query.who != .session("") {
                #expect(decision.assignments == experiments.assignments(of: decision.query.who))
            }
            #expect(try await loop.decisions.outcomes(arm: "thompson/treatment").count == 2 * treated)
        }
        // After a restart the arm's policy has what it learned, a revised reward counts once, and the report goes on.
        try await Fixture.run(folder: folder, clock: clock, change) { loop, clock in
            try await loop.caughtUp()
            let before = first.withLock { $0 }
            #expect(try await experiments.reports(from: loop.decisions) == before)
            let treated = try #require(
                people.first { experiments.assignments(of: .user($0)).contains { $0.arm == "treatment" } })
            let decision = try await loop.decide(DecisionQuery(who: .user(treated), count: 2))
            #expect(decision.policyVersion == before[0].arms[1].people * 2)
            let after = try await experiments.reports(from: loop.decisions)[0].arms[1]
            #expect(after.people == before[0].arms[1].people)
            #expect(after.decisions == before[0].arms[1].decisions + 1)
            #expect(after.mean < 1)
        }
    }

    @Test func lostPeopleAreNoticedAndIntervalsHold() throws {
        let experiment = try ConfigDocument(yaml: Self.yaml, file: "experiments").decode(Experiments.self).all[0]
        func tallies(_ controls: Int, _ treated: Int) -> [DecisionLog.Tally] {
            var random = RandomStream(seed: 2, "tallies")
            return (0..<controls + treated).map { number in
                let isTreated = number >= controls
                return .init(
                    person: "user:\(number)", arm: isTreated ? "treatment" : "control", decisions: 4,
                    reward: (0..<4).reduce(0.0) { sum, _ in sum + (random.nextUnit() < (isTreated ? 0.4 : 0.2) ? 1 : 0)
                    })
            }
        }
        let fair = ExperimentSummary(experiment, tallies(1_000, 1_020), confidence: 0.95)
        #expect(!fair.sampleRatio.isMismatch)
        let comparison = try #require(fair.arms[1].comparison)
        #expect(comparison.isDecided && comparison.lower < 0.2 && comparison.upper > 0.2)
        #expect(ExperimentSummary(experiment, tallies(1_000, 1_400), confidence: 0.95).sampleRatio.isMismatch)
        let early = ExperimentSummary(experiment, tallies(20, 20), confidence: 0.95)
        #expect(early.arms[1].comparison?.isDecided == false)
        let moved = ExperimentSummary(
            experiment, tallies(5, 5) + [.init(person: "user:0", arm: "treatment", decisions: 1, reward: 0)],
            confidence: 0.95)
        #expect(moved.moved == 1)
    }

    /// Two servers one after the other on the same folder, with other shares: nobody is lost by it.
    @Test func aChangeOfSharesIsNamedAndBlamesNobody() async throws {
        @Sendable func experiments(_ control: Double) throws -> Experiments {
            try Experiments([
                .init("colors", arms: [.init("control", control), .init("treatment", 1 - control)])
            ])
        }
        let folder = LoopFixture.folder()
        let clock = TestClock()
        func serve(_ control: Double, people: Range<Int>, _ body: @escaping @Sendable (LiveLoop) async throws -> Void)
            async throws
        {
            let experiments = try experiments(control)
            try await LoopFixture.run(folder: folder, clock: clock, deploys: false, keeps: true) {
                $0.experiments = experiments
            } _: { loop, _ in
                try await loop.catalog.put([CatalogItem(id: "a")])
                for person in people {
                    _ = try await loop.decide(DecisionQuery(who: .user("p\(person)"), count: 1))
                }
                try await loop.decisions.flush()
                try await body(loop)
            }
        }
        try await serve(0.5, people: 0..<800) { loop in
            let report = try await loop.configuration.experiments.reports(from: loop.decisions)[0]
            #expect(!report.sampleRatio.isMismatch && report.history.count == 1 && !report.isUnapplied)
            // As settings that no server has read yet.
            let next = try await experiments(0.8).reports(from: loop.decisions)[0]
            #expect(next.isUnapplied && !next.sampleRatio.isMismatch)
        }
        clock.advance(86_400_000)
        // The same people come back, some of them into the other arm, and others with them.
        try await serve(0.8, people: 0..<1_600) { loop in
            let report = try await loop.configuration.experiments.reports(from: loop.decisions)[0]
            #expect(report.moved > 150)
            #expect(!report.sampleRatio.isMismatch && report.sampleRatio.pValue > 0.01)
            #expect(report.history.map(\.since) == [LoopFixture.start, clock.now])
            #expect(report.history.map { $0.arms.map(\.share) } == [[0.5, 0.5], [0.8, 1 - 0.8]])
            #expect(!report.isUnapplied)
            // By the last shares alone it would look as if people were lost.
            #expect(SampleRatioCheck(counts: report.arms.map(\.people), shares: [0.8, 0.2]).isMismatch)
        }
        // A start with the same settings is no change.
        try await serve(0.8, people: 0..<1) { loop in
            let history = try await loop.decisions.shares(of: "colors")
            #expect(history.count == 2)
        }
        try? FileManager.default.removeItem(at: folder)
    }

    @Test func peopleLostAfterAChangeAreNoticed() throws {
        let experiment = Experiments.Experiment("colors", arms: [.init("control", 0.8), .init("treatment", 0.2)])
        var before = ExperimentShares(experiment, since: 0)
        before.arms[0].share = 0.5
        before.arms[1].share = 0.5
        let history = [before, ExperimentShares(experiment, since: 1)]
        func summary(_ counts: [(control: Int, treatment: Int)]) -> ExperimentSummary {
            var tallies: [DecisionLog.Tally] = []
            for (period, count) in counts.enumerated() {
                for (arm, people) in [("control", count.control), ("treatment", count.treatment)] {
                    tallies += (0..<people).map {
                        .init(person: "\(period)\(arm)\($0)", arm: arm, decisions: 1, reward: 0, period: period)
                    }
                }
            }
            return ExperimentSummary(experiment, tallies, history: history, confidence: 0.95)
        }
        #expect(!summary([(500, 510), (805, 195)]).sampleRatio.isMismatch)
        #expect(summary([(500, 510), (805, 95)]).sampleRatio.isMismatch)
        #expect(summary([(500, 310), (805, 195)]).sampleRatio.isMismatch)
    }

    @Test(arguments: [
        ("- { name: a, arms: [{ name: x, share: 0.5 }] }", "at least two arms"),
        ("- { name: a, arms: [{ name: x, share: 0.5 }, { name: y, share: 0.4 }] }", "sum to 0.9"),
        ("- { name: a, arm: [] }", "did you mean 'arms'?"),
        (
            "- { name: a, effect: 0, arms: [{ name: x, share: 0.5 }, { name: y, share: 0.5 }] }",
            "effect 0.0 is not above 0"
        ),
        (
            "- { name: a, arms: [{ name: x, share: 0.5, policy: greed }, { name: y, share: 0.5 }] }",
            "did you mean 'greedy'?"
        ),
        (
            """
            - { name: a, layer: one, arms: [{ name: x, share: 0.5, policy: greedy }, { name: y, share: 0.5 }] }
            - { name: b, layer: two, arms: [{ name: x, share: 0.5, policy: greedy }, { name: y, share: 0.5 }] }
            """, "layers one and two both have policies"
        ),
    ])
    func experimentsThatCannotBeRunSayWhy(yaml: String, reason: String) {
        #expect {
            try ConfigDocument(yaml: yaml, file: "experiments").decode(Experiments.self)
        } throws: { "\($0)".contains(reason) }
    }

    @Test func decisionsOfTheFirstFormatAreRead() async throws {
        try await Fixture.run { loop, _ in
            let decision = try await loop.decide(DecisionQuery(who: .user("u"), count: 2))
            // The first format is the fourth one without what is at its end: no assignments (8 bytes), a context of no time
            // (8) and three empty texts (4 each), a ranking without a ranker (4), features (8) and scores (8), and no filter
            // (8), candidates (16) and reasons (8).
            var bytes = Array(decision.bytes.dropLast(80))
            bytes[0] = 1
            let read = try Decision(bytes: bytes)
            #expect(read.assignments.isEmpty && read.slate == decision.slate && read.digest == decision.digest)
            #expect(throws: DecisionLogError.damaged) { try Decision(bytes: Array(bytes.dropLast())) }
        }
    }
}

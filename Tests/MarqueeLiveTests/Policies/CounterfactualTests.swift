import Foundation
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite("What another policy would have earned")
struct CounterfactualTests {
    static let rates = [0.1, 0.5, 0.3, 0.2]
    static let items = ["a", "b", "c", "d"]

    /// Decisions of a softmax over scores of a few kinds of people.
    static func log(_ count: Int, slots: Int) throws -> [LoggedChoice] {
        let policy = try Softmax(.init(temperature: 0.5, floor: 0.2))
        let random = RandomStream(seed: 31, "world")
        return try (0..<count).map { index in
            let scores = items.indices.map { random.unit(at: UInt64(index * 16 + $0)) }
            let choices = ChoiceSet(items: items, scores: scores)
            let slate = try policy.choose(slots, from: choices, seed: UInt64(index))
            return LoggedChoice(
                choices: choices, slate: slate,
                rewards: slate.candidates.enumerated().map {
                    random.unit(at: UInt64(index * 16 + 8 + $0.offset)) < rates[$0.element] ? 1 : 0
                })
        }
    }

    /// What a policy earns on the same candidates: its distribution, slot by slot, times the rates.
    static func truth(_ policy: any Policy, _ log: [LoggedChoice], slots: Int) throws -> Double {
        var sum = 0.0
        for choice in log {
            let first = try policy.distribution(over: choice.choices, below: [])
            for (a, p) in first.enumerated() where p > 0 {
                sum += p * rates[a]
                guard slots == 2 else { continue }
                for (b, q) in try policy.distribution(over: choice.choices, below: [a]).enumerated() {
                    sum += p * q * rates[b]
                }
            }
        }
        return sum / Double(log.count)
    }

    @Test(
        "single decisions, against the truth",
        arguments: ["epsilon-greedy: { epsilon: 0.3 }", "softmax: { temperature: 0.2 }", "beta-thompson"])
    func decisions(_ spec: String) throws {
        let log = try Self.log(4000, slots: 1)
        let policy = try Counterfactual.learn(try PolicyTests.policy(spec), from: Array(log.prefix(300)))
        #expect(policy.version == (spec == "beta-thompson" ? 300 : policy.version))
        let rest = Array(log.dropFirst(300))
        let evaluation = try OffPolicyEvaluation(
            try Counterfactual(policy).decisions(rest), settings: .init(resamples: 100))
        let truth = try Self.truth(policy, rest, slots: 1)
        for estimator in [OffPolicyEstimator.ips, .selfNormalized, .doublyRobust, .selfNormalizedDoublyRobust] {
            let value = try evaluation.estimate(estimator).value
            // Rewards are 0 or 1; four standard errors at the effective sample size.
            #expect(
                abs(value - truth) < 4 * 0.5 / evaluation.diagnostics.effectiveSampleSize.squareRoot(),
                "\(estimator.name) \(value) \(truth)")
        }
    }

    @Test("slates, against the truth")
    func slates() throws {
        let log = try Self.log(4000, slots: 2)
        let policy = try PolicyTests.policy("epsilon-greedy: { epsilon: 0.5 }")
        let evaluation = try SlateEvaluation(try Counterfactual(policy).slates(log), settings: .init(resamples: 100))
        let truth = try Self.truth(policy, log, slots: 2)
        for estimator in [SlateEstimator.standard, .cascade, .selfNormalizedCascade] {
            let size = try evaluation.diagnostics(for: estimator).effectiveSampleSize
            #expect(abs(try evaluation.estimate(estimator).value - truth) < 4 / size.squareRoot())
        }
    }

    @Test("a greedy log answers nothing about another policy")
    func noOverlap() throws {
        let greedy = try Greedy()
        let log = try Self.log(500, slots: 1).map { choice in
            LoggedChoice(
                choices: choice.choices, slate: try greedy.choose(1, from: choice.choices, seed: 0),
                rewards: choice.rewards)
        }
        let other = Counterfactual(try PolicyTests.policy("epsilon-greedy: { epsilon: 0.8 }"))
        #expect(throws: OffPolicyError.self) { try OffPolicyEvaluation(try other.decisions(log)) }
        #expect(throws: Never.self) { try OffPolicyEvaluation(try Counterfactual(greedy).decisions(log)) }
    }

    @Test("NDJSON there and back, and what is wrong with a line")
    func reading() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("choices-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("log.ndjson")
        let log = try Self.log(5, slots: 2)
        let lines = try log.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        #expect(try LoggedChoice.read(file) == log)
        for (bad, reason) in [
            ("{", "not a decision in JSON"),
            (#"{"choices":{"items":[],"scores":[],"features":[],"width":0},"rewards":[]}"#, "no 'slate'"),
            (lines[0].replacingOccurrences(of: "\"width\":0", with: "\"width\":3"), "features"),
            (
                #"{"choices":{"items":["a"],"scores":[1],"features":[],"width":0},"slate":{"slots":[{"place":0,"propensity":0}]},"rewards":[1]}"#,
                "propensity 0.0"
            ),
            (
                #"{"choices":{"items":["a"],"scores":[1],"features":[],"width":0},"slate":{"slots":[{"place":4,"propensity":1}]},"rewards":[1]}"#,
                "candidate 4"
            ),
        ] {
            try Data("\(lines[0])\n\(bad)\n".utf8).write(to: file)
            do {
                _ = try LoggedChoice.read(file)
                Issue.record("read \(bad)")
            } catch {
                #expect("\(error)".hasPrefix("log.ndjson:2: ") && "\(error)".contains(reason), "\(error)")
            }
        }
    }

    @Test("a server's log, with the last reward of every slot")
    func decisionLog() async throws {
        let log = try DecisionLog(url: nil)
        let choices = ChoiceSet(items: ["a", "b"], scores: [1, 0])
        for id in 1...3 as ClosedRange<Int64> {
            let decision = Decision(
                id: id, time: id * 1000, query: DecisionQuery(who: .user("u"), count: 2), arm: id == 3 ? "other" : "",
                assignments: [],
                link: .model, notes: [], choices: choices,
                slate: Slate(slots: [.init(candidate: 1, propensity: 0.25), .init(candidate: 0, propensity: 1)]),
                digest: Decision.digest(choices), model: "m", policy: "greedy", policyVersion: 0, seed: 1, stages: [])
            try log.append(decision)
        }
        func earned(_ decision: Int64, _ slot: Int, _ reward: Double) -> DecisionLog.LoggedOutcome {
            .init(decision: decision, slot: slot, arm: "", time: 0, outcome: Outcome(item: "a", reward: reward))
        }
        log.append([earned(1, 0, 0), earned(1, 1, 0), earned(1, 0, 1)], through: 3)
        try await log.flush()
        #expect(try log.choices(arm: "").map(\.rewards) == [[1, 0], [0, 0]])
        #expect(try log.choices().count == 3)
        #expect(try log.choices(last: 1000).count == 2)
        #expect(try log.choices()[0].slate.propensity == 0.25)
    }
}

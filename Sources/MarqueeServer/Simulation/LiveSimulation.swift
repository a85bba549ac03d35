internal import Foundation
public import MarqueeEvaluation
internal import MarqueeLive
internal import MarqueeRuntime
internal import Synchronization

/// Simulated people at a running server, many at once: each asks, is shown a slate, clicks by their own
/// taste, and the server is told by events. Since tastes are known, so is what could have been had.
///
///     let report = try await LiveSimulation(url: "http://127.0.0.1:8080").run { print($0) }
///     report.periods.last!.regret
public struct LiveSimulation: Sendable {
    public var url: String
    public var key: String?
    public var people = 200
    /// Visits of each.
    public var visits = 40
    public var slate = 5
    public var seed: UInt64 = 1
    /// Visits at once.
    public var concurrency = 16

    public init(url: String, key: String? = nil) {
        self.url = url
        self.key = key
    }

    /// A tenth of the visits.
    public struct Period: Sendable, Codable {
        public var decisions = 0
        public var clicks = 0
        public var shown = 0
        /// Clicks expected of the best slates, less those expected of the slates shown, a decision.
        public var regret = 0.0
        /// The clicks expected of the best slates, a decision.
        public var best = 0.0
        /// Those expected of the best slates of what the policy chose among: what candidates and ranker left to be had.
        public var reachable = 0.0
        public var links: [String: Int] = [:]

        public var clickRate: Double { shown == 0 ? 0 : Double(clicks) / Double(shown) }
    }

    /// What another policy would have earned with the first slot: estimated from what was logged, and as it is.
    public struct Counterfactual: Sendable {
        public var policy: String
        /// Nil where the log cannot tell; ``refusal`` says why.
        public var estimate: OffPolicyEstimate?
        public var refusal: String?
        public var truth: Double
    }

    public struct Report: Sendable {
        public var periods: [Period]
        public var counterfactuals: [Counterfactual]
        /// What the server's own policy earned with the first slot.
        public var earned: Double
        public var policy: String
    }

    private struct Visit: Sendable {
        var clicks: Int
        var shown: Int
        var expected: Double
        var best: Double
        var reachable: Double
        var link: String
        var policy: String
        var first: FirstSlot?
    }

    /// The first slot as off-policy estimators want it.
    private struct FirstSlot: Sendable {
        var reward: Double
        var propensity: Double
        var place: Int
        var choices: ChoiceSet
        var truths: [Double]
    }

    /// Runs all visits in order of time, people within a visit at once.
    /// - Parameter finished: told of each period.
    /// - Throws: ``LiveSimulationError``, ``PolicyError``.
    public func run(_ finished: @Sendable (Int, Period) -> Void = { _, _ in }) async throws -> Report {
        try await LiveClient.open(url: url, key: key) { try await run($0, finished) }
    }

    private func run(_ client: LiveClient, _ finished: @Sendable (Int, Period) -> Void) async throws -> Report {
        let items = try await client.items().filter(\.published)
        guard !items.isEmpty else { throw LiveSimulationError.noItems }
        let people = SimulatedPeople(
            count: people, items: items.map { .init(id: $0.id, categories: $0.categories) }, seed: seed)
        // Each has their own items in order of liking, and what they have clicked on already.
        let likings = (0..<self.people).map { Liking(people.probabilities(people.tastes($0))) }
        var periods: [Period] = []
        var firsts: [FirstSlot] = []
        var policy = ""
        let periodCount = min(10, visits)
        for index in 0..<periodCount {
            var period = Period()
            for visit in visits * index / periodCount..<visits * (index + 1) / periodCount {
                try Interruption.check()
                for outcome in try await round(visit, people, likings, client) {
                    period.decisions += 1
                    period.clicks += outcome.clicks
                    period.shown += outcome.shown
                    period.regret += outcome.best - outcome.expected
                    period.best += outcome.best
                    period.reachable += outcome.reachable
                    period.links[outcome.link, default: 0] += 1
                    policy = outcome.policy
                    if let first = outcome.first { firsts.append(first) }
                }
            }
            period.regret /= Double(max(period.decisions, 1))
            period.best /= Double(max(period.decisions, 1))
            period.reachable /= Double(max(period.decisions, 1))
            periods.append(period)
            finished(index, period)
        }
        let earned = firsts.isEmpty ? 0 : firsts.reduce(0) { $0 + $1.reward } / Double(firsts.count)
        return Report(periods: periods, counterfactuals: try counterfactuals(firsts), earned: earned, policy: policy)
    }

    /// Everybody's visit, so many at once.
    private func round(_ visit: Int, _ people: SimulatedPeople, _ likings: [Liking], _ client: LiveClient) async throws
        -> [Visit]
    {
        try await withThrowingTaskGroup(of: Visit?.self) { group in
            var visits: [Visit] = []
            for person in 0..<self.people {
                if person >= concurrency, let done = try await group.next(), let done { visits.append(done) }
                group.addTask { try await self.visit(visit, of: person, people, likings[person], client) }
            }
            for try await done in group { if let done { visits.append(done) } }
            return visits
        }
    }

    private func visit(
        _ visit: Int, of person: Int, _ people: SimulatedPeople, _ liking: Liking, _ client: LiveClient
    ) async throws -> Visit? {
        let user = people.id(person)
        let answer = try await client.recommend(user, count: slate)
        guard !answer.items.isEmpty else { return nil }
        let random = RandomStream(seed: seed &+ UInt64(person) << 20, "simulated clicks", visit)
        let best = liking.best(slate)
        var lines = ""
        var clicked: [Int] = []
        var expected = 0.0
        for (slot, item) in answer.items.enumerated() {
            lines += event(visit, person, slot, user, item.id, "impression", answer.decision)
            guard let place = people.place(item.id) else { continue }
            let probability = liking.probabilities[place] * SimulatedPeople.attention(slot)
            expected += probability
            if random.unit(at: UInt64(slot)) < probability {
                clicked.append(place)
                lines += event(visit, person, slot, user, item.id, "click", answer.decision)
            }
        }
        try await client.events(lines)
        var first: FirstSlot?
        let truths = answer.choices?.items.map { people.place($0).map { liking.probabilities[$0] } ?? 0 } ?? []
        if let choices = answer.choices, let place = choices.items.firstIndex(of: answer.items[0].id) {
            first = FirstSlot(
                reward: people.place(answer.items[0].id).map(clicked.contains) == true ? 1 : 0,
                propensity: answer.items[0].propensity,
                place: place, choices: ChoiceSet(items: choices.items, scores: choices.scores), truths: truths)
        }
        liking.remove(clicked)
        return Visit(
            clicks: clicked.count, shown: answer.items.count, expected: expected, best: best,
            reachable: Self.expected(truths.sorted(by: >).prefix(slate)), link: answer.link, policy: answer.policy,
            first: first)
    }

    /// The clicks expected of a slate, by the probabilities of its items.
    fileprivate static func expected(_ slate: some Sequence<Double>) -> Double {
        slate.enumerated().reduce(0) { $0 + $1.element * SimulatedPeople.attention($1.offset) }
    }

    private func event(
        _ visit: Int, _ person: Int, _ slot: Int, _ user: String, _ item: String, _ type: String, _ decision: String
    ) -> String {
        let fields: [String: String] = [
            "id": "\(decision)/\(slot)/\(type)", "user": user, "item": item, "type": type, "decision": decision,
        ]
        guard let line = try? JSONEncoder().encode(fields) else { return "" }
        return String(decoding: line, as: UTF8.self) + "\n"
    }

    /// What greedy, softmax and uniform choice would have earned with the first slot.
    private func counterfactuals(_ firsts: [FirstSlot]) throws -> [Counterfactual] {
        let targets: [(String, any Policy)] = [
            ("greedy by score", try Greedy()), ("softmax by score", try Softmax(.init(temperature: 1))),
            ("uniform", try EpsilonGreedy(.init(epsilon: 1))),
        ]
        return try targets.map { name, policy in
            var probabilities: [Double] = []
            var truth = 0.0
            for first in firsts {
                let distribution = try policy.distribution(over: first.choices, below: [])
                probabilities.append(distribution[first.place])
                truth += zip(distribution, first.truths).reduce(0) { $0 + $1.0 * $1.1 } / Double(firsts.count)
            }
            var counterfactual = Counterfactual(policy: name, truth: truth)
            do throws(OffPolicyError) {
                let log = try LoggedDecisions(
                    rewards: firsts.map(\.reward), propensities: firsts.map(\.propensity), targets: probabilities)
                counterfactual.estimate = try OffPolicyEvaluation(log).estimate(.selfNormalized)
            } catch {
                counterfactual.refusal = "\(error)"
            }
            return counterfactual
        }
    }
}

/// What somebody would click on, how likely, and what is left of it. One task at a time changes it: a
/// person's visits follow each other.
private final class Liking: Sendable {
    let probabilities: [Double]
    private let order: Mutex<[Int]>

    init(_ probabilities: [Double]) {
        self.probabilities = probabilities
        order = Mutex(probabilities.indices.sorted { probabilities[$0] > probabilities[$1] })
    }

    /// The clicks expected of the best slate of what is left.
    func best(_ count: Int) -> Double {
        order.withLock { order in LiveSimulation.expected(order.prefix(count).map { probabilities[$0] }) }
    }

    func remove(_ places: [Int]) {
        guard !places.isEmpty else { return }
        order.withLock { $0.removeAll { places.contains($0) } }
    }
}

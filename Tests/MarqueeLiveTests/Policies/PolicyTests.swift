import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeLive

/// The behavior that every policy of the registry has to show.
@Suite("Policies")
struct PolicyTests {
    static let specs = [
        "greedy", "greedy: { learning: {} }", "epsilon-greedy: { epsilon: 0.3 }",
        "epsilon-greedy: { epsilon: 0.2, learning: { regularization: 2 } }", "softmax: { temperature: 0.5 }",
        "softmax: { temperature: 0.2, floor: 0.1, learning: {} }", "beta-thompson",
        "beta-thompson: { score-weight: 3 }",
        "linear-thompson: { spread: 0.5 }", "linucb: { alpha: 0.7, epsilon: 0.25 }",
    ]

    static func policy(_ spec: String) throws -> any Policy {
        try ConfigDocument(yaml: spec.contains(":") ? "{ \(spec) }" : spec, file: "policy").decode(PolicySpec.self)
            .policy
    }

    static let choices = ChoiceSet(
        items: ["a", "b", "c", "d", "e"], scores: [0.1, 0.5, 0.4, 0.5, 0.2],
        features: [1, 0, 0, 1, 1, 1, 0.5, -0.5, 0.2, 0.8], width: 2)

    /// A policy that has seen some outcomes.
    static func learned(_ spec: String, outcomes: Int = 40) throws -> any Policy {
        var policy = try policy(spec)
        let random = RandomStream(seed: 9, "outcomes")
        for index in 0..<outcomes {
            let place = random.integer(at: UInt64(2 * index), below: choices.count)
            let isReward = random.unit(at: UInt64(2 * index + 1)) < 0.2 + 0.1 * Double(place)
            try policy.learn(
                Outcome(
                    item: choices.items[place], features: Array(choices.features(of: place)), reward: isReward ? 1 : 0))
        }
        return policy
    }

    @Test("every kind is in the list of what is tested")
    func listed() {
        #expect(Set(Self.specs.map { String($0.prefix { $0 != ":" }) }) == Set(PolicyRegistry.kinds))
    }

    @Test("a mixture's slate is what slot by slot would give, to the bit", arguments: [0, 0.1, 0.7, 1])
    func mixtures(epsilon: Double) throws {
        let values = Self.choices.scores
        for seed in 0..<200 as Range<UInt64> {
            let slots = try Self.choices.draw(4, seed: seed) { above throws(PolicyError) in
                try Self.choices.mixture(values, epsilon: epsilon, below: above)
            }
            #expect(try Self.choices.drawMixture(4, seed: seed, values, epsilon: epsilon) == slots)
        }
    }

    @Test("distributions sum to 1 in every slot, and nothing is shown twice", arguments: specs)
    func sums(_ spec: String) throws {
        let policy = try Self.learned(spec)
        for above in [[], [3], [3, 0], [1, 2, 4], [0, 1, 2, 3]] {
            let distribution = try policy.distribution(over: Self.choices, below: above)
            #expect(abs(distribution.reduce(0, +) - 1) < 1e-9)
            #expect(distribution.allSatisfy { $0 >= 0 })
            for place in above { #expect(distribution[place] == 0) }
        }
        #expect(try policy.distribution(over: Self.choices, below: [0, 1, 2, 3, 4]) == [0, 0, 0, 0, 0])
        let slate = try policy.choose(9, from: Self.choices, seed: 4)
        #expect(slate.candidates.sorted() == [0, 1, 2, 3, 4])
        #expect(slate.slots.allSatisfy { 0 < $0.propensity && $0.propensity <= 1 })
        #expect(try policy.choose(0, from: Self.choices, seed: 4).slots.isEmpty)
        #expect(
            try policy.choose(3, from: ChoiceSet(items: [], scores: [], features: [], width: 2), seed: 4).slots.isEmpty)
    }

    @Test(
        "a choice replays to the bit from the stored state, and propensities can be asked for later", arguments: specs)
    func replays(_ spec: String) throws {
        let policy = try Self.learned(spec)
        let stored = try JSONEncoder().encode(PolicyState(policy))
        let restored = try JSONDecoder().decode(PolicyState.self, from: stored)
        #expect(restored.kind == type(of: policy).kind)
        #expect(restored.policy.version == 40)
        for seed in 0..<30 as Range<UInt64> {
            let slate = try policy.choose(3, from: Self.choices, seed: seed)
            #expect(try restored.policy.choose(3, from: Self.choices, seed: seed) == slate)
            let later = try restored.policy.propensities(of: slate.candidates, from: Self.choices)
            for (slot, propensity) in zip(slate.slots, later) {
                #expect(abs(slot.propensity - propensity) < 1e-6 * propensity)
            }
        }
    }

    @Test(
        "what is shown is shown as often as its propensity says, in the first and in the second slot", arguments: specs)
    func frequencies(_ spec: String) throws {
        let policy = try Self.learned(spec)
        let draws = 1500
        var first = [Double](repeating: 0, count: 5)
        var second = first
        var expectedSecond = first
        for seed in 0..<UInt64(draws) {
            let places = try policy.choose(2, from: Self.choices, seed: seed &* 77 &+ 5).candidates
            first[places[0]] += 1
            second[places[1]] += 1
        }
        let expected = try policy.distribution(over: Self.choices, below: [])
        for place in 0..<5 where expected[place] > 0 {
            let below = try policy.distribution(over: Self.choices, below: [place])
            for other in 0..<5 { expectedSecond[other] += expected[place] * below[other] }
        }
        for (counts, shares) in [(first, expected), (second, expectedSecond)] {
            for place in 0..<5 {
                let deviation = (Double(draws) * shares[place] * (1 - shares[place])).squareRoot()
                #expect(
                    abs(counts[place] - Double(draws) * shares[place]) <= 4.5 * deviation + 1e-9, "\(counts) \(shares)")
            }
        }
    }

    @Test("a late reward corrects what was learned and counts once", arguments: specs)
    func revises(_ spec: String) throws {
        var late = try Self.learned(spec)
        var prompt = late
        let features = Array(Self.choices.features(of: 2))
        try late.learn(Outcome(item: "c", features: features, reward: 0))
        try late.learn(Outcome(item: "c", features: features, reward: 1, revising: 0))
        try prompt.learn(Outcome(item: "c", features: features, reward: 1))
        let (a, b) = try (
            late.distribution(over: Self.choices, below: []), prompt.distribution(over: Self.choices, below: [])
        )
        for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-9) }
    }

    @Test("what cannot be is refused in words", arguments: specs)
    func refuses(_ spec: String) throws {
        var policy = try Self.learned(spec)
        #expect(throws: PolicyError.self) { try policy.learn(Outcome(item: "a", features: [1, 2], reward: .nan)) }
        #expect(throws: PolicyError.badCandidate(7, candidates: 5)) {
            try policy.propensities(of: [7], from: Self.choices)
        }
        #expect(throws: PolicyError.badCandidate(1, candidates: 5)) {
            try policy.propensities(of: [1, 1], from: Self.choices)
        }
    }

    @Test("settings that cannot be, and names that nobody has")
    func settings() throws {
        #expect(throws: (any Error).self) { try Self.policy("epsilon-greedy: { epsilon: 1.5 }") }
        #expect(throws: (any Error).self) { try Self.policy("epsilon-greedy: { epsilom: 0.5 }") }
        #expect(throws: (any Error).self) { try Self.policy("softmax: { temperature: 0 }") }
        #expect(throws: (any Error).self) { try Self.policy("beta-thompson: { alpha: -1 }") }
        #expect(throws: (any Error).self) { try Self.policy("linear-thompson: { spread: 0 }") }
        #expect(throws: (any Error).self) { try Self.policy("gredy") }
        #expect(throws: PolicyError.otherWidth(found: 0, expected: 2)) {
            try Self.learned("linucb").choose(1, from: ChoiceSet(items: ["a"], scores: [1]), seed: 1)
        }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(PolicyState.self, from: Data(#"{"kind":"sarsa","state":{}}"#.utf8))
        }
    }

    @Test(
        "policies that learn find the best of five within a few thousand showings",
        arguments: [
            "epsilon-greedy: { epsilon: 0.1, learning: {} }", "softmax: { temperature: 0.05, learning: {} }",
            "beta-thompson",
            "linear-thompson: { spread: 0.3 }", "linucb: { alpha: 0.5 }",
        ])
    func learns(_ spec: String) throws {
        var policy = try Self.policy(spec)
        let rates = [0.05, 0.1, 0.15, 0.4, 0.2]
        // One feature an item.
        let features = (0..<25).map { $0 / 5 == $0 % 5 ? 1.0 : 0.0 }
        let choices = ChoiceSet(
            items: ["a", "b", "c", "d", "e"], scores: [0, 0, 0, 0, 0], features: features, width: 5)
        let random = RandomStream(seed: 21, "clicks")
        var late = 0.0
        for round in 0..<1500 {
            let place = try policy.choose(1, from: choices, seed: UInt64(round)).candidates[0]
            let reward = random.unit(at: UInt64(round)) < rates[place] ? 1.0 : 0
            try policy.learn(
                Outcome(item: choices.items[place], features: Array(choices.features(of: place)), reward: reward))
            if round >= 1000 { late += rates[place] / 500 }
        }
        #expect(late > 0.35, "mean rate of the last third \(late), best 0.4, at random 0.18")
    }
}

@Suite("Probability to win")
struct WinningProbabilityTests {
    @Test("alike candidates share it evenly", arguments: [2, 3, 10])
    func even(_ count: Int) {
        let beta = WinningProbability(Array(repeating: BetaDistribution(alpha: 1, beta: 30), count: count))
        let normal = WinningProbability(Array(repeating: NormalDistribution(mean: -3, deviation: 0.01), count: count))
        #expect(abs(beta.probability(of: 1, among: Array(0..<count)) * Double(count) - 1) < 1e-5)
        #expect(abs(normal.probability(of: 0, among: Array(0..<count)) * Double(count) - 1) < 1e-9)
    }

    /// For X_i ~ Beta(a_i, 1), F_i(x) = x^a_i, so P(X_i largest) = a_i / Σ a.
    @Test(
        "Beta(a, 1) has a closed form, over five orders of magnitude",
        arguments: [[0.5, 1, 3, 10, 200], [1, 5000, 0.1], [1, 1e5]])
    func powers(_ shapes: [Double]) {
        let race = WinningProbability(shapes.map { BetaDistribution(alpha: $0, beta: 1) })
        for place in shapes.indices {
            let expected = shapes[place] / shapes.reduce(0, +)
            let found = race.probability(of: place, among: Array(shapes.indices))
            #expect(abs(found / expected - 1) < 1e-5, "\(shapes[place]): \(found), \(expected)")
        }
    }

    /// P(Beta(a, b) > Beta(c, d)) = Σ_{i<a} B(c + i, d + b) / ((b + i) B(1 + i, b) B(c, d)) for integers (Miller 2014,
    /// with the sides exchanged), here by its own sum over the draws' logarithms.
    @Test("two Betas of integers", arguments: [(3, 40, 5, 300), (1, 1, 2, 9), (70, 9000, 1, 2), (100, 100, 400, 420)])
    func pairs(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        func logBeta(_ x: Double, _ y: Double) -> Double { lgamma(x) + lgamma(y) - lgamma(x + y) }
        let (x, y, z, w) = (Double(a), Double(b), Double(c), Double(d))
        var expected = 0.0
        for step in 0..<a {
            let i = Double(step)
            expected += exp(logBeta(z + i, y + w) - log(y + i) - logBeta(1 + i, y) - logBeta(z, w))
        }
        let race = WinningProbability([BetaDistribution(alpha: x, beta: y), BetaDistribution(alpha: z, beta: w)])
        let found = race.probability(of: 0, among: [0, 1])
        #expect(abs(found / expected - 1) < 1e-5, "\(found), \(expected)")
        #expect(abs(race.probability(of: 1, among: [0, 1]) + found - 1) < 1e-6)
    }

    @Test("a sharp rival within a wide candidate's reach: a step in the integrand")
    func sharp() {
        let race = WinningProbability([
            NormalDistribution(mean: 0, deviation: 1), NormalDistribution(mean: 0.7, deviation: 1e-5),
            NormalDistribution(mean: -0.2, deviation: 0.001),
        ])
        let expected = erfc(0.7 / 2.0.squareRoot()) / 2
        #expect(abs(race.probability(of: 0, among: [0, 1, 2]) / expected - 1) < 1e-5)
        #expect(abs(race.probability(of: 1, among: [0, 1, 2]) / (1 - expected) - 1) < 1e-5)
    }

    @Test("draws have the distribution's mean and variance", arguments: [(0.3, 2.0), (1, 1), (20, 400)])
    func draws(_ alpha: Double, _ beta: Double) {
        let distribution = BetaDistribution(alpha: alpha, beta: beta)
        var random = RandomStream(seed: 3, "draws")
        let count = 20_000
        let draws = (0..<count).map { _ in 1 / (1 + exp(-distribution.draw(&random))) }
        let mean = draws.reduce(0, +) / Double(count)
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        let expected = alpha / (alpha + beta)
        let spread = alpha * beta / ((alpha + beta) * (alpha + beta) * (alpha + beta + 1))
        #expect(abs(mean - expected) < 4 * (spread / Double(count)).squareRoot())
        #expect(abs(variance / spread - 1) < 0.06)
    }
}

@Suite("Linear reward")
struct LinearRewardTests {
    @Test("one outcome at a time is ridge regression, with its posterior's width")
    func ridge() throws {
        var model = try LinearReward(.init(regularization: 2), policy: "test")
        // z = [1, x]; A = 2 I + Σ z zᵀ = [[5, 3], [3, 7]], b = [2, 3], A⁻¹ = [[7, −3], [−3, 5]] / 26.
        for (x, reward) in [(1.0, 1.0), (2, 1), (0, 0)] {
            try model.learn(Outcome(item: "i", features: [x], reward: reward))
        }
        let choices = ChoiceSet(items: ["p", "q"], scores: [0, 0], features: [0, 2], width: 1)
        let (means, deviations) = try (model.means(choices), model.deviations(choices))
        #expect(abs(means[0] - 5.0 / 26) < 1e-12)
        #expect(abs(means[1] - (5 + 2 * 9.0) / 26) < 1e-12)
        #expect(abs(deviations[0] - (7.0 / 26).squareRoot()) < 1e-12)
        #expect(abs(deviations[1] - ((7 - 12 + 20.0) / 26).squareRoot()) < 1e-12)
    }
}

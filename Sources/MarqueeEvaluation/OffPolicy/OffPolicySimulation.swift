internal import Foundation
public import MarqueeRuntime

/// A world whose truth is known, to judge estimators and their intervals by.
///
/// A person of one of `contexts` kinds comes, uniformly; action a earns a click with probability p(x, a), drawn
/// once. The logging policy is a softmax of a noisy idea of p, mixed with uniform; the target is a sharper softmax
/// of another noisy idea, so that the truth Σ_x Σ_a π_e(a|x) p(x, a) / contexts is exact. Two reward models go
/// with every log: `fitted`, mean clicks by context and action, cross-fitted, and, to see what a wrong one
/// does, `blind`, mean clicks by action alone, from the logging policy's choices.
public struct OffPolicySimulation: Sendable {
    public struct Config: Sendable, Equatable {
        public var contexts: Int
        public var actions: Int
        /// Decisions a log.
        public var decisions: Int
        /// Logs, each judged on its own.
        public var logs: Int
        public var resamples: Int
        public var confidence: Double
        public var seed: UInt64
        public var model: Model

        public enum Model: String, Sendable, CaseIterable { case fitted, blind }

        public init(
            contexts: Int = 4, actions: Int = 10, decisions: Int = 2000, logs: Int = 400, resamples: Int = 300,
            confidence: Double = 0.95, seed: UInt64 = 1, model: Model = .fitted
        ) {
            self.contexts = contexts
            self.actions = actions
            self.decisions = decisions
            self.logs = logs
            self.resamples = resamples
            self.confidence = confidence
            self.seed = seed
            self.model = model
        }
    }

    /// How an estimator fared over all logs.
    public struct Row: Sendable, Codable, Equatable {
        public let estimator: String
        /// Mean of the estimates minus the truth, and that mean's standard error.
        public let bias: Double
        public let biasError: Double
        public let rootMeanSquaredError: Double
        /// Share of the logs whose interval holds the truth; nil where an estimator has no such interval.
        public let bootstrapCoverage: Double?
        public let bootstrapWidth: Double?
        public let bernsteinCoverage: Double?
        public let bernsteinWidth: Double?
    }

    public let config: Config
    /// p(x, a). [contexts][actions]
    let rates, logging, target: [[Double]]
    /// The target's value.
    public let truth: Double

    public init(_ config: Config = Config()) {
        precondition(
            config.contexts > 0 && config.actions > 1 && config.decisions > 1 && config.logs > 1 && config.resamples > 0
        )
        self.config = config
        var random = RandomStream(seed: config.seed, "off-policy world")
        func softmax(_ values: [Double], _ sharpness: Double) -> [Double] {
            let weights = values.map { exp(sharpness * $0) }
            let sum = weights.reduce(0, +)
            return weights.map { $0 / sum }
        }
        var rates: [[Double]] = []
        var logging: [[Double]] = []
        var target: [[Double]] = []
        for _ in 0..<config.contexts {
            let row = (0..<config.actions).map { _ in 0.05 + 0.4 * pow(random.nextUnit(), 2) }
            let idea = row.map { $0 + 0.15 * random.normalPair().0 }
            let other = row.map { $0 + 0.1 * random.normalPair().0 }
            rates.append(row)
            logging.append(softmax(idea, 6).map { 0.9 * $0 + 0.1 / Double(config.actions) })
            target.append(softmax(other, 12))
        }
        (self.rates, self.logging, self.target) = (rates, logging, target)
        var truth = 0.0
        for context in 0..<config.contexts {
            for action in 0..<config.actions { truth += target[context][action] * rates[context][action] }
        }
        self.truth = truth / Double(config.contexts)
    }

    /// One log, by its number.
    public func log(_ number: Int) throws(OffPolicyError) -> LoggedDecisions {
        let random = RandomStream(seed: config.seed, "off-policy log", number)
        var contexts: [Int] = []
        var actions: [Int] = []
        var rewards: [Double] = []
        for decision in 0..<config.decisions {
            let place = UInt64(3 * decision)
            let context = random.integer(at: place, below: config.contexts)
            var mark = random.unit(at: place + 1)
            var action = 0
            while action < config.actions - 1, mark >= logging[context][action] {
                mark -= logging[context][action]
                action += 1
            }
            contexts.append(context)
            actions.append(action)
            rewards.append(random.unit(at: place + 2) < rates[context][action] ? 1 : 0)
        }
        // Each half is predicted by the means of the other.
        let halves = (0..<2).map { half in means(contexts, actions, rewards, without: half) }
        let expected = halves.map { q in
            (0..<config.contexts).map { context in zip(target[context], q[context]).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        var largest = 0.0
        for context in 0..<config.contexts {
            for action in 0..<config.actions {
                largest = max(largest, target[context][action] / logging[context][action])
            }
        }
        let rows = 0..<config.decisions
        return try LoggedDecisions(
            rewards: rewards, propensities: rows.map { logging[contexts[$0]][actions[$0]] },
            targets: rows.map { target[contexts[$0]][actions[$0]] },
            model: .init(
                shown: rows.map { halves[$0 % 2][contexts[$0]][actions[$0]] },
                expected: rows.map { expected[$0 % 2][contexts[$0]] }),
            largestWeight: largest)
    }

    /// q̂(x, a), drawn to the overall mean by five showings. [contexts][actions]
    private func means(_ contexts: [Int], _ actions: [Int], _ rewards: [Double], without half: Int) -> [[Double]] {
        var sums = [[Double]](repeating: [Double](repeating: 0, count: config.actions), count: config.contexts)
        var counts = sums
        var (total, seen) = (0.0, 0.0)
        for row in rewards.indices where row % 2 != half {
            let context = config.model == .blind ? 0 : contexts[row]
            sums[context][actions[row]] += rewards[row]
            counts[context][actions[row]] += 1
            total += rewards[row]
            seen += 1
        }
        let mean = total / max(1, seen)
        return (0..<config.contexts).map { context in
            let source = config.model == .blind ? 0 : context
            return zip(sums[source], counts[source]).map { ($0 + 5 * mean) / ($1 + 5) }
        }
    }

    /// Judges `estimators` on every log. O(logs × decisions × resamples) for each.
    public func run(
        _ estimators: [OffPolicyEstimator] = OffPolicyEstimator.all, pool: WorkerPool = .shared
    ) throws -> [Row] {
        let estimates = try pool.map(config.logs) { number in
            let settings = OffPolicyEvaluation.Settings(
                confidence: config.confidence, resamples: config.resamples, seed: config.seed &+ UInt64(number),
                requirement: nil)
            let evaluation = try OffPolicyEvaluation(log(number), settings: settings)
            return try estimators.map { try evaluation.estimate($0, pool: pool) }
        }
        return estimators.indices.map { index in row(estimates.map { $0[index] }) }
    }

    private func row(_ estimates: [OffPolicyEstimate]) -> Row {
        let n = Double(estimates.count)
        let errors = estimates.map { $0.value - truth }
        let bias = errors.reduce(0, +) / n
        let variance = errors.reduce(0) { $0 + ($1 - bias) * ($1 - bias) } / (n - 1)
        func judged(_ intervals: [OffPolicyEstimate.Interval?]) -> (coverage: Double?, width: Double?) {
            let there = intervals.compactMap { $0 }
            guard !there.isEmpty else { return (nil, nil) }
            return (
                Double(there.count { $0.contains(truth) }) / Double(there.count),
                there.reduce(0) { $0 + $1.upper - $1.lower } / Double(there.count)
            )
        }
        let bootstrap = judged(estimates.map(\.bootstrap))
        let bernstein = judged(estimates.map(\.bernstein))
        return Row(
            estimator: estimates[0].estimator, bias: bias, biasError: (variance / n).squareRoot(),
            rootMeanSquaredError: (errors.reduce(0) { $0 + $1 * $1 } / n).squareRoot(),
            bootstrapCoverage: bootstrap.coverage,
            bootstrapWidth: bootstrap.width, bernsteinCoverage: bernstein.coverage, bernsteinWidth: bernstein.width)
    }
}

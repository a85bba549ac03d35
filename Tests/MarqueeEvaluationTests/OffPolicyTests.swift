import Foundation
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@Suite("Off-policy estimates")
struct OffPolicyTests {
    @Test("in a world whose truth is known: bias, and coverage of every interval")
    func coverage() throws {
        let world = OffPolicySimulation(.init(decisions: 400, logs: 160, resamples: 150))
        let rows = Dictionary(uniqueKeysWithValues: try world.run().map { ($0.estimator, $0) })
        for name in ["ips", "snips", "dr", "sndr"] {
            let row = try #require(rows[name])
            // snips and sndr are consistent, not unbiased: a bias of order 1/n is theirs.
            #expect(abs(row.bias) < 4 * row.biasError + 0.002, "\(name): bias \(row.bias) ± \(row.biasError)")
            let coverage = try #require(row.bootstrapCoverage)
            // 95 % of 160 logs, three standard errors and the bootstrap's own shortfall on 400 decisions.
            #expect((0.88...1).contains(coverage), "\(name): \(coverage)")
        }
        for (name, row) in rows where ["ips", "snips", "dr", "clipped"].contains(name) {
            if let coverage = row.bernsteinCoverage { #expect(coverage >= 0.97, "\(name): \(coverage)") }
        }
        #expect(
            rows["ips"]?.bernsteinCoverage != nil && rows["dr"]?.bernsteinCoverage != nil
                && rows["snips"]?.bernsteinCoverage != nil)
        let (ips, doublyRobust) = (try #require(rows["ips"]), try #require(rows["dr"]))
        #expect(doublyRobust.rootMeanSquaredError < ips.rootMeanSquaredError)
        #expect(try #require(rows["snips"]).rootMeanSquaredError < ips.rootMeanSquaredError)
    }

    @Test("a wrong reward model misleads the direct method, and not the doubly robust one")
    func wrongModel() throws {
        let world = OffPolicySimulation(.init(decisions: 600, logs: 120, resamples: 60, model: .blind))
        let rows = try world.run([.directMethod, .doublyRobust])
        #expect(abs(rows[0].bias) > 8 * rows[0].biasError)
        #expect(try #require(rows[0].bootstrapCoverage) < 0.5)
        #expect(abs(rows[1].bias) < 4 * rows[1].biasError)
        // The percentile bootstrap falls a little short where few decisions carry much weight.
        #expect(try #require(rows[1].bootstrapCoverage) > 0.8)
    }

    @Test("a log without overlap is refused, in words; at any price it answers")
    func refusal() throws {
        let count = 1000
        // A deterministic log: everything was shown with probability 1, and the target does something else half the time.
        let rewards = (0..<count).map { $0 % 3 == 0 ? 1.0 : 0 }
        let elsewhere = try LoggedDecisions(
            rewards: rewards, propensities: .init(repeating: 1, count: count),
            targets: .init(repeating: 0.5, count: count))
        #expect(throws: OffPolicyError.self) { try OffPolicyEvaluation(elsewhere) }
        #expect(try OffPolicyEvaluation(elsewhere, settings: .init(requirement: nil)).diagnostics.meanWeight == 0.5)
        let never = try LoggedDecisions(
            rewards: rewards, propensities: .init(repeating: 0.1, count: count),
            targets: .init(repeating: 0, count: count))
        do {
            _ = try OffPolicyEvaluation(never)
            Issue.record("answered without overlap")
        } catch {
            #expect("\(error)".contains("nothing in the log is what that policy would do"))
            #expect(!"\(error)".contains("\n"))
        }
        // One decision carries all the weight.
        var targets = [Double](repeating: 0.0005, count: count)
        targets[17] = 0.5
        let narrow = try LoggedDecisions(
            rewards: rewards, propensities: (0..<count).map { $0 == 17 ? 0.001 : 0.001 }, targets: targets)
        #expect(throws: OffPolicyError.self) { try OffPolicyEvaluation(narrow) }
        // A policy judged by its own log is the mean of its rewards, whoever estimates.
        let own = try LoggedDecisions(
            rewards: rewards, propensities: .init(repeating: 0.25, count: count),
            targets: .init(repeating: 0.25, count: count))
        let evaluation = try OffPolicyEvaluation(own)
        #expect(evaluation.diagnostics.effectiveSampleSize == 1000)
        for estimator in [OffPolicyEstimator.ips, .selfNormalized, .clipped(at: 10)] {
            #expect(abs(try evaluation.estimate(estimator).value - 0.334) < 1e-12)
        }
        #expect(throws: OffPolicyError.noModel("dr")) { try evaluation.estimate(.doublyRobust) }
        #expect(throws: OffPolicyError.self) { try evaluation.estimate(.clipped(at: 0)) }
    }

    @Test("columns that cannot be are refused with their row")
    func columns() {
        #expect(throws: OffPolicyError.value("propensity", row: 1, 0, allowed: "above 0 and at most 1")) {
            try LoggedDecisions(rewards: [1, 0], propensities: [0.5, 0], targets: [0.5, 0.5])
        }
        #expect(throws: OffPolicyError.lengths("propensities", 1, expected: 2)) {
            try LoggedDecisions(rewards: [1, 0], propensities: [0.5], targets: [0.5, 0.5])
        }
        #expect(throws: OffPolicyError.tooFew(1)) { try LoggedDecisions(rewards: [1], propensities: [1], targets: [1]) }
        #expect(throws: OffPolicyError.self) {
            try LoggedSlates(offsets: [0, 2, 2, 3], rewards: [1, 0, 0], propensities: [1, 1, 1], targets: [1, 1, 1])
        }
    }

    @Test("the same answer whatever the worker count, and for equal seeds alone")
    func seeds() throws {
        let log = try OffPolicySimulation(.init(decisions: 300, logs: 2)).log(0)
        func interval(_ workers: Int, _ seed: UInt64) throws -> OffPolicyEstimate.Interval? {
            try OffPolicyEvaluation(log, settings: .init(resamples: 200, seed: seed, requirement: nil))
                .estimate(.selfNormalizedDoublyRobust, pool: WorkerPool(workerCount: workers)).bootstrap
        }
        #expect(try interval(1, 5) == interval(3, 5))
        #expect(try interval(1, 5) != interval(1, 6))
    }

    /// Slates of two out of four, drawn without replacement; a click depends on the slot above, so that the
    /// independent estimator is wrong and the cascade one right.
    @Test("slates: standard and cascade are unbiased, cascade is tighter")
    func slates() throws {
        let (logging, target) = ([0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4])
        func click(_ first: Int, _ second: Int?) -> Double {
            guard let second else { return 0.1 + 0.15 * Double(first) }
            return 0.1 + 0.1 * Double(abs(first - second))
        }
        var truth = 0.0
        for a in 0..<4 {
            truth += target[a] * click(a, nil)
            for b in 0..<4 where b != a { truth += target[a] * target[b] / (1 - target[a]) * click(a, b) }
        }
        var errors: [SlateEstimator: [Double]] = [:]
        for world in 0..<60 {
            let random = RandomStream(seed: 12, "slates", world)
            var (rewards, propensities, targets): ([Double], [Double], [Double]) = ([], [], [])
            for slate in 0..<400 {
                func draw(_ weights: [Double], _ mark: Double) -> Int {
                    var left = mark * weights.reduce(0, +)
                    for (index, weight) in weights.enumerated() where weight > 0 {
                        left -= weight
                        if left < 0 { return index }
                    }
                    return weights.lastIndex { $0 > 0 } ?? 0
                }
                let base = UInt64(4 * slate)
                let a = draw(logging, random.unit(at: base))
                var rest = logging
                rest[a] = 0
                let b = draw(rest, random.unit(at: base + 1))
                rewards += [
                    random.unit(at: base + 2) < click(a, nil) ? 1 : 0, random.unit(at: base + 3) < click(a, b) ? 1 : 0,
                ]
                propensities += [logging[a], logging[b] / (1 - logging[a])]
                targets += [target[a], target[b] / (1 - target[a])]
            }
            let log = try LoggedSlates(
                offsets: Array(stride(from: 0, through: 800, by: 2)), rewards: rewards, propensities: propensities,
                targets: targets)
            let evaluation = try SlateEvaluation(log, settings: .init(resamples: 2))
            for estimator in [SlateEstimator.standard, .cascade, .selfNormalizedCascade] {
                errors[estimator, default: []].append(try evaluation.estimate(estimator).value - truth)
            }
            #expect(throws: OffPolicyError.self) { try evaluation.estimate(.independent) }
            #expect(throws: OffPolicyError.self) { try evaluation.estimate(.cascadeDoublyRobust) }
        }
        func spread(_ estimator: SlateEstimator) throws -> (mean: Double, deviation: Double) {
            let values = try #require(errors[estimator])
            let mean = values.reduce(0, +) / 60
            return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 59).squareRoot())
        }
        for estimator in errors.keys {
            let (mean, deviation) = try spread(estimator)
            #expect(abs(mean) < 4 * deviation / 60.0.squareRoot(), "\(estimator): \(mean)")
        }
        #expect(try spread(.cascade).deviation < spread(.standard).deviation)
    }
}

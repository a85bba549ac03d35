import Foundation
import MarqueeEvaluation
import Testing

/// Equal to obp and scikit-learn, on values that `Fixtures/write_off_policy.py` wrote.
@Suite("Off-policy estimators, against obp")
struct OffPolicyReferenceTests {
    struct Reference: Decodable {
        struct Simulated: Decodable {
            var rewards, propensities, targets, shown, expected: [Double]
            var estimates: [String: Double]
        }
        struct Slates: Decodable {
            var slots: Int
            var rewards, propensities, targets, marginalPropensities, marginalTargets, shown, expected: [Double]
            var estimates: [String: Double]
        }
        struct Regression: Decodable {
            var active: [[Int32]]
            var labels: [Int]
            var features, classes: Int
            var regularization: Double
            var probabilities: [[Double]]
        }
        struct OpenBandit: Decodable {
            var decisions, actions, clicks: Int
            var targets: [String: [String: Double]]
        }
        var simulated: Simulated
        var slates: Slates
        var regression: Regression
        var openBandit: [String: OpenBandit]
    }

    static let reference: Reference? = Bundle.module.url(
        forResource: "off_policy", withExtension: "json", subdirectory: "Fixtures"
    )
    .flatMap { try? JSONDecoder().decode(Reference.self, from: Data(contentsOf: $0)) }

    static let data = URL(fileURLWithPath: ProcessInfo.processInfo.environment["MARQUEE_DATA"] ?? "../shared/data")
        .appendingPathComponent("open-bandit-small")

    static var isThere: Bool { FileManager.default.fileExists(atPath: data.path) }

    /// Answers whatever the overlap: these logs are small on purpose.
    static let atAnyPrice = OffPolicyEvaluation.Settings(resamples: 2, requirement: nil)

    @Test("a log with contexts", arguments: OffPolicyEstimator.all)
    func simulated(_ estimator: OffPolicyEstimator) throws {
        let given = try #require(Self.reference).simulated
        let log = try LoggedDecisions(
            rewards: given.rewards, propensities: given.propensities, targets: given.targets,
            model: .init(shown: given.shown, expected: given.expected))
        let estimate = try OffPolicyEvaluation(log, settings: Self.atAnyPrice).estimate(estimator)
        #expect(abs(estimate.value - (try #require(given.estimates[estimator.name]))) < 1e-12)
    }

    @Test("slates", arguments: SlateEstimator.allCases)
    func slates(_ estimator: SlateEstimator) throws {
        let given = try #require(Self.reference).slates
        let log = try LoggedSlates(
            offsets: Array(stride(from: 0, through: given.rewards.count, by: given.slots)), rewards: given.rewards,
            propensities: given.propensities, targets: given.targets,
            marginals: .init(propensities: given.marginalPropensities, targets: given.marginalTargets),
            model: .init(shown: given.shown, expected: given.expected))
        let value = try SlateEvaluation(log, settings: Self.atAnyPrice).estimate(estimator).value
        let expected = try #require(given.estimates[estimator.rawValue])
        #expect(abs(value - expected) < 1e-12)
    }

    @Test("multinomial logistic regression, against scikit-learn")
    func regression() throws {
        let given = try #require(Self.reference).regression
        let model = CategoricalRegression(
            active: given.active, labels: given.labels, features: given.features, classes: given.classes,
            regularization: given.regularization, iterations: 1000, tolerance: 1e-10)
        for (active, probabilities) in zip(given.active, given.probabilities) {
            for (found, expected) in zip(model.probabilities(active), probabilities) {
                #expect(abs(found - expected) < 1e-5)
            }
        }
    }

    @Test(
        "every log of open-bandit-small", .enabled(if: isThere, "needs open-bandit-small in MARQUEE_DATA"),
        arguments: ["random", "bts"].flatMap { policy in ["all", "men", "women"].map { "\(policy)/\($0)" } })
    func openBandit(_ name: String) throws {
        let given = try #require(Self.reference?.openBandit[name])
        let log = try OpenBanditLog(contentsOf: Self.data.appendingPathComponent(name))
        #expect(log.count == given.decisions)
        #expect(log.items.count == given.actions)
        #expect(log.clicks.reduce(0, +) == Double(given.clicks))
        for (target, estimates) in given.targets {
            let table = Self.table(target, log)
            let rewards = (0..<log.positionCount).map { position in
                (0..<log.items.count).map { action -> Double in
                    let step = (5 * action + 2 * position) % 7
                    return 0.002 + 0.001 * Double(step)
                }
            }
            let evaluation = try OffPolicyEvaluation(
                log.decisions(under: table, rewards: rewards), settings: Self.atAnyPrice)
            #expect(estimates.count == OffPolicyEstimator.all.count)
            for estimator in OffPolicyEstimator.all {
                let expected = try #require(estimates[estimator.name])
                let found = try evaluation.estimate(estimator).value
                #expect(abs(found - expected) < 1e-9, "\(target) \(estimator.name)")
            }
        }
    }

    /// π_e(a | position), by the formulas of the script.
    static func table(_ name: String, _ log: OpenBanditLog) -> [[Double]] {
        (0..<log.positionCount).map { position in
            let weights = (0..<log.items.count).map { action -> Double in
                switch name {
                case "uneven": return 1 + Double((7 * action + 3 * position) % 11)
                case "narrow": return action % 5 == position ? 1.05 : 0.05
                default: return 1
                }
            }
            return weights.map { $0 / weights.reduce(0, +) }
        }
    }
}

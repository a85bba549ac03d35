import ArgumentParser
import Foundation
import MarqueeEvaluation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime

struct OPECommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ope",
        abstract: "Estimate what another policy would have earned, from a log with propensities.",
        discussion: """
            LOG is the decisions.sqlite of a server, a campaign of the Open Bandit Dataset, such as \
            open-bandit/random/men, or decisions as NDJSON. \
            The policy in question is --policy, such as 'epsilon-greedy: { epsilon: 0.1 }', or uniform, or, for an \
            Open Bandit log, --as another log, whose choices by position are imitated. A log that does not overlap \
            with the policy is refused.

            With --simulate no log is needed: many logs of a world whose truth is known show every estimator's \
            bias and how often its intervals hold the truth.
            """)

    @Argument(help: "A server's decisions.sqlite, a campaign's folder or CSV, or decisions as NDJSON.")
    var log: Path?

    @Option(help: "The policy in question: uniform, or a policy as a configuration spells it.")
    var policy = "uniform"

    @Option(
        name: .customLong("as"), help: "Another Open Bandit log, whose choices by position are the policy in question.")
    var imitated: Path?

    @Option(help: "Share of the log, its beginning, that a policy learns from before it is judged on the rest.")
    var learn = 0.5

    @Option(help: "Of a server's log: the experiment arm.")
    var arm: String?

    @Option(help: "Of a server's log: only its last so many days.")
    var days: Double?

    @Option(parsing: .upToNextOption, help: "Estimators by name; all of them unless given.")
    var estimators: [String] = []

    @Option(help: "λ of clipped and switch-dr.")
    var clip = 10.0

    @Option(help: "λ of dr-shrinkage.")
    var shrink = 100.0

    @Option(help: "Confidence of the intervals.")
    var confidence = 0.95

    @Option(help: "Bootstrap resamples.")
    var resamples = 2000

    @Option(help: "Of the bootstrap and of the simulated world.")
    var seed: UInt64 = 1

    @Flag(help: "Estimate propensities from position and user features instead of reading them.")
    var estimatePropensities = false

    @Flag(help: "Answer without overlap, too.")
    var insist = false

    @Flag(help: "Judge the estimators in a world whose truth is known.")
    var simulate = false

    @Option(help: "Of --simulate: decisions a log.")
    var decisions = 2000

    @Option(help: "Of --simulate: how many logs.")
    var logs = 400

    @Option(help: "Of --simulate: fitted, a reward model that knows the context, or blind, one that does not.")
    var model = RewardModel.fitted

    enum RewardModel: String, CaseIterable, ExpressibleByArgument {
        case fitted, blind
        var simulated: OffPolicySimulation.Config.Model { self == .fitted ? .fitted : .blind }
    }

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard simulate || log != nil else { throw ValidationError("name a log, or --simulate") }
        guard confidence > 0, confidence < 1 else {
            throw ValidationError("--confidence must be between 0 and 1, found \(confidence)")
        }
        guard learn >= 0, learn < 1 else {
            throw ValidationError("--learn must be at least 0 and below 1, found \(learn)")
        }
        for (name, value) in [("--resamples", resamples), ("--decisions", decisions - 1), ("--logs", logs - 1)]
        where value < 1 {
            throw ValidationError("\(name) is too small")
        }
        for (name, value) in [("--clip", clip), ("--shrink", shrink)] where !(value > 0) {
            throw ValidationError("\(name) must be above 0, found \(value)")
        }
    }

    func run() throws {
        if simulate {
            try judgeEstimators()
        } else if let log {
            let settings = OffPolicyEvaluation.Settings(
                confidence: confidence, resamples: resamples, seed: seed, requirement: insist ? nil : .init())
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: log.url.path, isDirectory: &isFolder)
            if isThere, !isFolder.boolValue, try Self.isDatabase(log.url) {
                let span = days.map { Int64($0 * 86_400_000) }
                try answer(try DecisionLog(url: log.url).choices(arm: arm, last: span), settings)
            } else if isThere, !isFolder.boolValue, log.url.pathExtension != "csv" {
                try answer(try LoggedChoice.read(log.url), settings)
            } else {
                try answer(try OpenBanditLog(contentsOf: log.url), settings)
            }
        }
    }

    // MARK: Logs

    private static func isDatabase(_ url: URL) throws -> Bool {
        let file = try FileHandle(forReadingFrom: url)
        defer { try? file.close() }
        return try file.read(upToCount: 15) == Data("SQLite format 3".utf8)
    }

    private func answer(_ log: OpenBanditLog, _ settings: OffPolicyEvaluation.Settings) throws {
        let console = output.console
        console.note("\(log.count) decisions over \(log.items.count) items in \(log.positionCount) positions")
        var propensities: [Double]?
        var log = log
        if estimatePropensities || log.propensities == nil {
            console.note("estimating propensities from position and user features")
            propensities = log.estimatedPropensities()
            log.forgetPropensities()
        }
        let table: [[Double]]
        var imitatedValue: Double?
        if let imitated {
            let other = try OpenBanditLog(contentsOf: imitated.url)
            guard other.items == log.items, other.positionCount == log.positionCount else {
                throw OffPolicyError.badSetting(
                    "the two logs are of different items: \(log.items.count) and \(other.items.count); take one campaign"
                )
            }
            table = other.frequencies()
            imitatedValue = other.clicks.reduce(0, +) / Double(other.count)
        } else if policy == "uniform" {
            table = Array(
                repeating: Array(repeating: 1 / Double(log.items.count), count: log.items.count),
                count: log.positionCount)
        } else {
            let items = ChoiceSet(items: log.items, scores: Array(repeating: 0, count: log.items.count))
            var learner = try spec().policy
            let learned = Int(Double(log.count) * learn)
            for row in 0..<learned {
                try learner.learn(Outcome(item: log.items[log.actions[row]], reward: log.clicks[row]))
            }
            log = log.dropping(first: learned)
            propensities?.removeFirst(learned)
            console.note("learned from the first \(learned) decisions, judged on the other \(log.count)")
            table = Array(repeating: try learner.distribution(over: items, below: []), count: log.positionCount)
        }
        let rows = try log.crossFitted(under: table, propensities: propensities)
        try show(
            OffPolicyEvaluation(rows, settings: settings),
            name: imitated.map { "as \($0.url.pathComponents.suffix(2).joined(separator: "/"))" } ?? policy,
            imitated: imitatedValue)
    }

    private func answer(_ log: [LoggedChoice], _ settings: OffPolicyEvaluation.Settings) throws {
        let console = output.console
        var log = log
        guard log.count > 1 else { throw OffPolicyError.tooFew(log.count) }
        let candidate: any Policy
        if policy == "uniform" {
            candidate = try EpsilonGreedy(.init(epsilon: 1))
        } else {
            let learned = Int(Double(log.count) * learn)
            candidate = try Counterfactual.learn(try spec().policy, from: Array(log.prefix(learned)))
            log.removeFirst(learned)
            console.note("learned from the first \(learned) decisions, judged on the other \(log.count)")
        }
        let counterfactual = Counterfactual(candidate)
        if log.contains(where: { $0.slate.slots.count > 1 }),
            estimators.isEmpty || SlateEstimator(rawValue: estimators[0]) != nil
        {
            let evaluation = try SlateEvaluation(try counterfactual.slates(log), settings: settings)
            let chosen =
                try estimators.isEmpty
                ? [SlateEstimator.standard, .selfNormalizedStandard, .cascade, .selfNormalizedCascade]
                : estimators.map { name in
                    guard let estimator = SlateEstimator(rawValue: name) else {
                        throw Self.unknown(name, SlateEstimator.allCases.map(\.rawValue))
                    }
                    return estimator
                }
            let own = evaluation.log.rewards.reduce(0, +) / Double(evaluation.log.count)
            try show(
                try chosen.map { try evaluation.estimate($0) }, try evaluation.diagnostics(for: chosen[0]),
                name: policy, own: own,
                unit: "a slate", imitated: nil)
        } else {
            try show(
                OffPolicyEvaluation(try counterfactual.decisions(log), settings: settings), name: policy, imitated: nil)
        }
    }

    private func spec() throws -> PolicySpec {
        try ConfigDocument(
            yaml: policy.contains(":") && !policy.hasPrefix("{") ? "{ \(policy) }" : policy, file: "--policy"
        ).decode(PolicySpec.self)
    }

    private func chosen() throws -> [OffPolicyEstimator] {
        let all: [OffPolicyEstimator] = OffPolicyEstimator.all.map {
            switch $0 {
            case .clipped: .clipped(at: clip)
            case .switchDoublyRobust: .switchDoublyRobust(above: clip)
            case .shrunk: .shrunk(by: shrink)
            default: $0
            }
        }
        guard !estimators.isEmpty else { return all }
        return try estimators.map { name in
            guard let estimator = all.first(where: { $0.name == name }) else {
                throw Self.unknown(name, all.map(\.name))
            }
            return estimator
        }
    }

    private static func unknown(_ name: String, _ valid: [String]) -> OffPolicyError {
        .badSetting("no estimator '\(name)'; there are \(valid.joined(separator: ", "))")
    }

    private func show(_ evaluation: OffPolicyEvaluation, name: String, imitated: Double?) throws {
        try show(
            try chosen().map { try evaluation.estimate($0) }, evaluation.diagnostics, name: name,
            own: evaluation.log.rewards.reduce(0, +) / Double(evaluation.log.count), unit: "a decision",
            imitated: imitated)
    }

    private func show(
        _ estimates: [OffPolicyEstimate], _ diagnostics: OverlapDiagnostics, name: String, own: Double, unit: String,
        imitated: Double?
    ) throws {
        let console = output.console
        try console.show(
            Answer(
                policy: name, loggedValue: own, imitatedValue: imitated, diagnostics: diagnostics, estimates: estimates)
        ) {
            var caption = """
                What '\(name)' would have earned \(unit); the log itself earned \(Figures.fixed(own, 5))
                overlap: \(diagnostics.decisions) decisions are worth \(Figures.short(diagnostics.effectiveSampleSize)) of its own; \
                mean weight \(Figures.fixed(diagnostics.meanWeight, 3)), largest \(Figures.short(diagnostics.largestWeight))
                """
            if let imitated { caption += "\nthe imitated log earned \(Figures.fixed(imitated, 5))" }
            let percent = Figures.percent(confidence, digits: 0)
            var table = TextTable(
                caption: caption,
                columns: [
                    ("estimator", .left), ("value", .right), ("\(percent) bootstrap", .right),
                    ("\(percent) Bernstein", .right),
                ])
            for estimate in estimates {
                table.append([
                    .init(estimate.estimator), .init(Figures.fixed(estimate.value, 5)),
                    .init(Self.text(estimate.bootstrap)),
                    .init(Self.text(estimate.bernstein)),
                ])
            }
            return table
        }
    }

    private static func text(_ interval: OffPolicyEstimate.Interval?) -> String {
        interval.map { "\(Figures.fixed($0.lower, 5)) … \(Figures.fixed($0.upper, 5))" } ?? "–"
    }

    private struct Answer: Encodable {
        var policy: String
        var loggedValue: Double
        var imitatedValue: Double?
        var diagnostics: OverlapDiagnostics
        var estimates: [OffPolicyEstimate]
    }

    // MARK: Simulation

    private func judgeEstimators() throws {
        let world = OffPolicySimulation(
            .init(
                decisions: decisions, logs: logs, resamples: min(resamples, 500), confidence: confidence, seed: seed,
                model: model.simulated))
        let rows = try world.run(try chosen())
        try output.console.show(SimulationReport(truth: world.truth, decisions: decisions, logs: logs, rows: rows)) {
            var table = TextTable(
                caption: """
                    Estimators over \(logs) simulated logs of \(decisions) decisions; the truth is \(Figures.fixed(world.truth, 5)); \
                    reward model \(model.rawValue)
                    coverage: how many of the \(Figures.percent(confidence, digits: 0)) intervals hold the truth
                    """,
                columns: [
                    ("estimator", .left), ("bias", .right), ("± s.e.", .right), ("RMSE", .right), ("bootstrap", .right),
                    ("width", .right), ("Bernstein", .right), ("width", .right),
                ])
            for row in rows {
                table.append([
                    .init(row.estimator), .init(Figures.fixed(row.bias, 5)), .init(Figures.fixed(row.biasError, 5)),
                    .init(Figures.fixed(row.rootMeanSquaredError, 5)),
                    .init(row.bootstrapCoverage.map { Figures.percent($0) } ?? "–"),
                    .init(row.bootstrapWidth.map { Figures.fixed($0, 4) } ?? "–"),
                    .init(row.bernsteinCoverage.map { Figures.percent($0) } ?? "–"),
                    .init(row.bernsteinWidth.map { Figures.fixed($0, 4) } ?? "–"),
                ])
            }
            return table
        }
    }

    private struct SimulationReport: Encodable {
        var truth: Double
        var decisions, logs: Int
        var rows: [OffPolicySimulation.Row]
    }
}

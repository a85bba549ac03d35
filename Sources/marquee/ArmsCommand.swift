import ArgumentParser
import Foundation
import MarqueeLab
import MarqueeLive
import MarqueeRuntime
import MarqueeServer

struct ArmsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arms",
        abstract: "Show how a server's A/B experiments stand.",
        discussion: """
            For every arm: its people, what their decisions earned on average, and how much better than the control \
            it is, by an interval that holds however often one looks. A mismatch of people and shares means that \
            people were lost on the way, and that the rest means nothing.

            Example: marquee arms live/decisions.sqlite --config server.yaml
            """)

    @Argument(help: "A server's decisions.sqlite; the server may be running.")
    var log: Path

    @Option(
        help: "The server's YAML file of settings, with its experiments.",
        completion: .file(extensions: ["yaml", "yml"]))
    var config: Path

    @Option(help: "Confidence of the intervals.")
    var confidence = 0.95

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard confidence > 0, confidence < 1 else {
            throw ValidationError("--confidence must be between 0 and 1, found \(confidence)")
        }
    }

    func run() throws {
        let experiments = try ServerConfiguration(file: config.url, environment: ProcessInfo.processInfo.environment)
            .experiments
        guard !experiments.all.isEmpty else { throw NoExperiments(file: config.url.path) }
        guard FileManager.default.fileExists(atPath: log.url.path) else { throw NoLog(file: log.url.path) }
        let (log, confidence) = (log.url, confidence)
        let reports = try finished {
            try await experiments.reports(from: DecisionLog(url: log), confidence: confidence)
        }
        try output.console.show(reports) { table(reports) }
    }

    private func table(_ reports: [ExperimentSummary]) -> TextTable {
        var caption =
            "Arms against their control; intervals of \(Figures.percent(confidence, digits: 0)) that hold at every look"
        for report in reports {
            let ratio = report.sampleRatio
            caption += "\n\(report.name), layer \(report.layer): sample ratio p = \(Figures.fixed(ratio.pValue, 4))"
            if ratio.isMismatch {
                caption += ", a MISMATCH: find out where people are lost before believing anything below"
            }
            caption += Self.changes(report)
            if report.moved > 0 { caption += "; \(report.moved) people were in more than one arm" }
        }
        var table = TextTable(
            caption: caption,
            columns: [
                ("experiment", .left), ("arm", .left), ("share", .right), ("people", .right), ("decisions", .right),
                ("reward", .right),
                ("difference", .right), ("interval", .right), ("p", .right),
            ])
        for report in reports {
            for arm in report.arms {
                let comparison = arm.comparison
                table.append([
                    .init(report.name), .init(arm.name), .init(Figures.percent(arm.share)), .init("\(arm.people)"),
                    .init("\(arm.decisions)"),
                    .init(Figures.fixed(arm.mean, 5)),
                    .init(comparison.map { Figures.fixed($0.difference, 5) } ?? "control"),
                    .init(comparison.map(Self.interval) ?? ""),
                    .init(comparison.map { Figures.fixed($0.pValue, 4) } ?? ""),
                ])
            }
        }
        return table
    }

    /// What became of the shares, for averages mix people who were drawn differently.
    private static func changes(_ report: ExperimentSummary) -> String {
        var text = ""
        for (old, new) in zip(report.history, report.history.dropFirst()) {
            text += "; shares changed on \(CivilDate(milliseconds: new.since)) from \(shares(old)) to \(shares(new))"
        }
        if report.isUnapplied, let last = report.history.last {
            text += "; decided by \(shares(last)) so far: the settings' shares hold once the server starts with them"
        }
        return text
    }

    private static func shares(_ shares: ExperimentShares) -> String {
        shares.arms.map { "\($0.name) \(Figures.percent($0.share, digits: 0))" }.joined(separator: ", ")
            + " (\(Figures.percent(shares.share, digits: 0)) of its layer)"
    }

    private static func interval(_ comparison: SequentialComparison) -> String {
        comparison.lower.isFinite
            ? "\(Figures.fixed(comparison.lower, 5)) … \(Figures.fixed(comparison.upper, 5))" : "too few people"
    }
}

/// There is nothing to show.
private struct NoExperiments: Error, CustomStringConvertible {
    let file: String
    var description: String { "\(file): no experiments; declare them under 'experiments' (marquee serve --settings)" }
}

private struct NoLog: Error, CustomStringConvertible {
    let file: String
    var description: String { "\(file): no such file; give the decisions.sqlite in the server's data.folder" }
}

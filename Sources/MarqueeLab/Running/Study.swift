public import Foundation
internal import MarqueeRuntime

/// Several experiments run together: a folder of their run folders, with one report and one
/// `metrics.json` of all beside them.
///
///     mbh-gnn-20260102-150405/
///         mbh-gnn-beibei/     the run folder of one
///         mbh-gnn-taobao/
///         metrics.json        what is in theirs, a list
///         report.html
public struct Study: Sendable {
    public let name: String
    public let url: URL
    private let runs: [(experiment: Experiment, folder: RunFolder, file: URL)]

    public var reportURL: URL { url.appendingPathComponent("report.html") }
    public var metricsURL: URL { url.appendingPathComponent("metrics.json") }

    /// Makes, or with `resume` opens, the run folders of all; nothing is run when one cannot be, or when
    /// data is missing.
    /// - Throws: ``StudyError`` when two experiments have one name; ``RunFolderError``, ``DataSourceError``, `FileError`.
    public init(_ name: String, _ experiments: [Experiment], files: [URL], in url: URL, data: URL? = nil, resume: Bool)
        throws
    {
        self.name = name
        self.url = url
        var names: Set<String> = []
        for experiment in experiments where !names.insert(experiment.name).inserted {
            throw StudyError(name: experiment.name)
        }
        for (experiment, file) in zip(experiments, files) {
            _ = try experiment.data.locations(in: data, besides: file)
        }
        // By name, as `*` in a shell puts `taobao-strict.yaml` before `taobao.yaml`.
        runs = try zip(experiments, files).sorted { $0.0.name < $1.0.name }.map { experiment, file in
            (
                experiment, try RunFolder(url.appendingPathComponent(experiment.name), for: experiment, resume: resume),
                file
            )
        }
    }

    /// What several experiments are called together: how their names begin, `study` when they have no beginning in common.
    public static func name(of experiments: [Experiment]) -> String {
        let names = experiments.map(\.name)
        let common = names.dropFirst().reduce(names.first ?? "") { $0.commonPrefix(with: $1) }
        // A whole name or up to a hyphen: `mbh-gnn-` of `mbh-gnn-beibei` and `mbh-gnn-taobao`.
        let whole =
            names.contains(common) ? common : String(common[..<(common.lastIndex(of: "-") ?? common.startIndex)])
        return whole.isEmpty ? "study" : whole
    }

    /// Runs one after the other, then writes the report of all.
    public func run(_ body: (Experiment, RunFolder, URL) throws -> RunResult) throws -> [RunResult] {
        let results = try runs.map { try body($0.experiment, $0.folder, $0.file) }
        try JSONFile.write(results.map { RunMetrics($0) }, to: metricsURL)
        try AtomicFile.write(Data(try StudyReport(name, results).html().utf8), to: reportURL)
        return results
    }
}

/// Two experiments of a study have the same name.
public struct StudyError: Error, Equatable, CustomStringConvertible {
    public let name: String
    public var description: String { "two experiments are called '\(name)'; give each a name of its own, 'name: …'" }
}

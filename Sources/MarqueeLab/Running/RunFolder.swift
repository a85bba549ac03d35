public import Foundation
internal import MarqueeRuntime

/// The folder of one run of an experiment:
///
///     experiment.yaml              the configuration, every default spelled out
///     metrics.json                 the figures, once the run is finished
///     report.html                  the same to look at
///     log.txt                      what was said, with times
///     data.json                    what was read, dropped and held out
///     results/NAME/seed-1.json     one fit: curve, cost, every metric for every user; of folds `fold-1.seed-1.json`
///     models/NAME/                 the model of the first seed, ready to recommend
///     checkpoints/                 of what is not finished
///
/// Every file is whole or absent.
public struct RunFolder: Sendable, Equatable {
    public let url: URL

    /// Makes the folder of a new run, or with `resume` opens that of an unfinished one.
    /// - Throws: ``RunFolderError`` when it holds a run and `resume` is false, or one of another
    ///   experiment; `FileError`.
    public init(_ url: URL, for experiment: Experiment, resume: Bool) throws {
        self.url = url
        let yaml = try experiment.yaml()
        if FileManager.default.fileExists(atPath: experimentURL.path) {
            guard resume else { throw RunFolderError.alreadyThere(url.path) }
            let found = try Experiment(contentsOf: experimentURL)
            guard found == (try Experiment(yaml: yaml, file: "experiment.yaml")) else {
                throw RunFolderError.anotherExperiment(url.path, difference: Self.difference(try found.yaml(), yaml))
            }
            return
        }
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw FileError.cannotWrite(url.path, reason: error.localizedDescription)
        }
        try AtomicFile.write(Data(yaml.utf8), to: experimentURL)
    }

    /// Opens the folder of a run.
    public init(contentsOf url: URL) throws {
        self.url = url
        guard FileManager.default.fileExists(atPath: experimentURL.path) else { throw RunFolderError.noRun(url.path) }
    }

    /// A place for a new run, `runs/NAME-20260102-150405`.
    public static func fresh(_ name: String, in runs: URL = URL(fileURLWithPath: "runs"), at date: Date = Date()) -> URL
    {
        let style = Date.VerbatimFormatStyle(
            format:
                "\(year: .padded(4))\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
            timeZone: .current, calendar: Calendar(identifier: .gregorian))
        return runs.appendingPathComponent("\(name)-\(date.formatted(style))")
    }

    /// The newest run of an experiment of this name, nil when there is none.
    public static func newest(_ name: String, in runs: URL = URL(fileURLWithPath: "runs")) -> URL? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: runs.path)) ?? []
        // Only what `fresh` names: the experiment's name and a time, not `NAME-wide-…`.
        return names.filter { $0.hasPrefix("\(name)-") && $0.count == name.count + 16 }.max().map(
            runs.appendingPathComponent)
    }

    public var experimentURL: URL { url.appendingPathComponent("experiment.yaml") }
    public var metricsURL: URL { url.appendingPathComponent("metrics.json") }
    public var reportURL: URL { url.appendingPathComponent("report.html") }
    public var dataURL: URL { url.appendingPathComponent("data.json") }
    var logURL: URL { url.appendingPathComponent("log.txt") }
    var checkpointsURL: URL { url.appendingPathComponent("checkpoints") }

    /// Where the model of this name lies, once it is fitted.
    public func modelURL(_ name: String) -> URL { url.appendingPathComponent("models").appendingPathComponent(name) }

    func resultURL(_ name: String, seed: UInt64, fold: Int? = nil) -> URL {
        resultsURL(name).appendingPathComponent("\(fold.map { "fold-\($0)." } ?? "")seed-\(seed).json")
    }
    func tuningURL(_ name: String, _ repetition: Repetition) -> URL {
        resultsURL(name).appendingPathComponent("\(repetition.prefix)tuning.json")
    }
    private func resultsURL(_ name: String) -> URL {
        url.appendingPathComponent("results").appendingPathComponent(name)
    }

    /// A place for what an unfinished fit needs to go on.
    func checkpointURL(_ fit: String) -> URL { checkpointsURL.appendingPathComponent(fit) }

    public func experiment() throws -> Experiment { try Experiment(contentsOf: experimentURL) }

    /// What came of a model with a seed, of k-fold's on a fold; nil when it is not finished.
    public func record(_ name: String, seed: UInt64, fold: Int? = nil) throws -> FitRecord? {
        let url = resultURL(name, seed: seed, fold: fold)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return try JSONFile.read(FitRecord.self, from: url)
    }

    func write(_ record: FitRecord) throws {
        try makeFolder(resultsURL(record.model))
        try JSONFile.write(record, to: resultURL(record.model, seed: record.seed, fold: record.fold))
    }

    func tuning(_ name: String, _ repetition: Repetition) throws -> TuningRecord? {
        let url = tuningURL(name, repetition)
        return FileManager.default.fileExists(atPath: url.path) ? try JSONFile.read(TuningRecord.self, from: url) : nil
    }

    func write(_ tuning: TuningRecord, _ name: String, _ repetition: Repetition) throws {
        try makeFolder(resultsURL(name))
        try JSONFile.write(tuning, to: tuningURL(name, repetition))
    }

    func makeFolder(_ url: URL) throws {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw FileError.cannotWrite(url.path, reason: error.localizedDescription)
        }
    }

    /// The first lines in which two configurations differ.
    private static func difference(_ found: String, _ given: String) -> String {
        let (found, given) = (found.split(separator: "\n"), given.split(separator: "\n"))
        let place = zip(found, given).firstIndex { $0 != $1 } ?? min(found.count, given.count)
        func line(_ lines: [Substring]) -> String {
            place < lines.count ? "'\(lines[place].trimmingCharacters(in: .whitespaces))'" : "nothing"
        }
        return "there \(line(found)), here \(line(given))"
    }
}

extension Sequence {
    /// The position of the first element that satisfies `predicate`.
    fileprivate func firstIndex(where predicate: (Element) -> Bool) -> Int? {
        for (index, element) in enumerated() where predicate(element) { return index }
        return nil
    }
}

/// A run folder that cannot be used for this.
public enum RunFolderError: Error, Equatable, CustomStringConvertible {
    case alreadyThere(String)
    case anotherExperiment(String, difference: String)
    case noRun(String)
    case unfinished(String, missing: String)
    case changedData(String)

    public var description: String {
        switch self {
        case .alreadyThere(let path):
            "\(path): holds a run already; go on with --resume, or choose another folder with --out"
        case .anotherExperiment(let path, let difference):
            "\(path): holds a run of another configuration (\(difference)); choose another folder with --out"
        case .noRun(let path): "\(path): no run of an experiment; a run folder has an experiment.yaml"
        case .unfinished(let path, let missing):
            "\(path): the run is not finished, \(missing) is missing; go on with --resume"
        case .changedData(let path):
            "\(path): the data is not what the run began with; choose another folder with --out to begin anew"
        }
    }
}

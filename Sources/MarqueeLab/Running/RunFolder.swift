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
///     results/NAME/entry.json      the model as the experiment had it when it was fitted
///     results/NAME/not-fitted.json in place of fits, why there are none
///     models/NAME/                 the model of the first seed, ready to recommend
///     checkpoints/                 of what is not finished
///
/// Every file is whole or absent.
public struct RunFolder: Sendable, Equatable {
    public let url: URL

    /// Makes the folder of a new run, or with `resume` opens that of an earlier one, whose experiment may have had other
    /// models: what was fitted and still applies is kept, the rest is fitted.
    /// - Throws: ``RunFolderError`` when it holds a run and `resume` is false, or one that asked another question (data,
    ///   preparation, split or evaluation); `FileError`.
    public init(_ url: URL, for experiment: Experiment, resume: Bool) throws {
        self.url = url
        let yaml = try experiment.yaml()
        if FileManager.default.fileExists(atPath: experimentURL.path) {
            guard resume else { throw RunFolderError.alreadyThere(url.path) }
            let found = try Experiment(contentsOf: experimentURL)
            let given = try Experiment(yaml: yaml, file: "experiment.yaml")
            if let (key, was, now) = try given.question.difference(from: found.question) {
                throw RunFolderError.anotherQuestion(url.path, key: key, was: was, now: now)
            }
            guard found != given else { return }
            try recordEntries(of: found)
            // They are of the experiment as it was, and written anew at the end.
            for stale in [metricsURL, reportURL] { try? FileManager.default.removeItem(at: stale) }
        }
        try makeFolder(url)
        try AtomicFile.write(Data(yaml.utf8), to: experimentURL)
    }

    /// Makes sure that what was fitted says of which entry it is: runs from before that was kept have one experiment.
    private func recordEntries(of experiment: Experiment) throws {
        for entry in experiment.models
        where FileManager.default.fileExists(atPath: resultsURL(entry.name).path)
            && !FileManager.default.fileExists(atPath: entryURL(entry.name).path)
        {
            try JSONFile.write(EntryRecord(entry, of: experiment), to: entryURL(entry.name))
        }
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
    private func entryURL(_ name: String) -> URL { resultsURL(name).appendingPathComponent("entry.json") }
    private func notFittedURL(_ name: String) -> URL { resultsURL(name).appendingPathComponent("not-fitted.json") }
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

    /// Makes the folder of a model's results ready: what is there of another entry of this name goes.
    func prepare(_ entry: ModelEntry, of experiment: Experiment) throws {
        let record = try EntryRecord(entry, of: experiment)
        let place = entryURL(entry.name)
        if FileManager.default.fileExists(atPath: place.path) {
            // One that cannot be read is of no use.
            if (try? JSONFile.read(EntryRecord.self, from: place)) == record { return }
            let checkpoints = (try? FileManager.default.contentsOfDirectory(atPath: checkpointsURL.path)) ?? []
            let stale =
                [resultsURL(entry.name), modelURL(entry.name)]
                + checkpoints.filter { $0.hasPrefix("\(entry.name).") }.map(checkpointURL)
            for url in stale where FileManager.default.fileExists(atPath: url.path) {
                try FileManager.default.removeItem(at: url)
            }
        }
        try makeFolder(resultsURL(entry.name))
        try JSONFile.write(record, to: place)
    }

    /// Why a model could not be fitted, nil where it was, or was not tried.
    func notFitted(_ name: String) throws -> NotFitted? {
        let url = notFittedURL(name)
        return FileManager.default.fileExists(atPath: url.path) ? try JSONFile.read(NotFitted.self, from: url) : nil
    }

    func write(_ failure: NotFitted) throws {
        try makeFolder(resultsURL(failure.model))
        try JSONFile.write(failure, to: notFittedURL(failure.model))
    }

    /// A model that could not be fitted is tried again.
    func forgetFailure(_ name: String) { try? FileManager.default.removeItem(at: notFittedURL(name)) }

    func makeFolder(_ url: URL) throws {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw FileError.cannotWrite(url.path, reason: error.localizedDescription)
        }
    }
}

/// A run folder that cannot be used for this.
public enum RunFolderError: Error, Equatable, CustomStringConvertible {
    case alreadyThere(String)
    /// The key of the experiment that is not as it was, with both values.
    case anotherQuestion(String, key: String, was: String, now: String)
    case noRun(String)
    case unfinished(String, missing: String)
    case changedData(String)
    /// No model at all could be fitted.
    case nothingFitted(String, [NotFitted])

    public var description: String {
        switch self {
        case .alreadyThere(let path):
            "\(path): holds a run already; go on with --resume, or choose another folder with --out"
        case .anotherQuestion(let path, let key, let was, let now):
            "\(path): holds a run that asked something else: '\(key)' was \(was), is \(now); "
                + "choose another folder with --out"
        case .noRun(let path): "\(path): no run of an experiment; a run folder has an experiment.yaml"
        case .unfinished(let path, let missing):
            "\(path): the run is not finished, \(missing) is missing; go on with --resume"
        case .changedData(let path):
            "\(path): the data is not what the run began with; choose another folder with --out to begin anew"
        case .nothingFitted(let path, let failures):
            "\(path): no model could be fitted: \(failures.map { "\($0.model): \($0.reason)" }.joined(separator: "; "))"
        }
    }
}

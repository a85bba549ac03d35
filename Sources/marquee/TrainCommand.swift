import ArgumentParser
import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeLive
import MarqueeModels
import MarqueeRuntime
import MarqueeServer
import Synchronization

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Fit one model and save it, ready to recommend.",
        discussion: """
            Learns from everything, unless --split holds something out to judge by later. Where a split has \
            validation data, it decides when to stop.

            Example: marquee train ease --data ml-1m --set regularization=500 --out models/ease

            With --deploy the model is tried on the newest part of the data beside the one at work in a server, and if it \
            is no worse by --select, fitted to everything and put to work there: \
            marquee train ease --events live --deploy http://127.0.0.1:8080 --out models/ease
            """)

    @Argument(help: "The model; 'marquee models' lists them.", completion: .list(ModelRegistry.kinds))
    var model: String

    @OptionGroup var source: DataOptions

    @Option(help: "Where the model goes: a folder.")
    var out: Path

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("A key of its configuration, such as train.epochs=5.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: "What to hold out, such as leave-one-out or '{ ratio: { train: 0.8 } }'.")
    var split: String?

    @Option(help: "The figure on validation data that decides when to stop.")
    var select = "NDCG@10"

    @Option(
        name: .customLong("validate"),
        help: ArgumentHelp(
            "Validation's budget, such as '{ users: 2000, every: 5 }'; everybody after every epoch unless given.",
            valueName: "validate"))
    var validationBudget: String?

    @Option(help: ArgumentHelp("A server on this machine whose model it replaces if it is no worse.", valueName: "url"))
    var deploy: String?

    @Option(help: "The server's API key, of the scope admin.")
    var key: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if deploy != nil, split != nil {
            throw ValidationError("--deploy holds out the newest part by itself; leave --split out")
        }
    }

    func run() throws {
        let console = output.console
        let spec = try spec()
        let metric = try Metric(select)
        let splitter = try split.map { try DataOptions.splitter($0) }
        let dataset = try source.read(console)
        if let deploy {
            return try replaceModel(at: RemoteModel(url: deploy, key: key), spec, on: dataset, by: metric, console)
        }
        let data = try trainingSet(dataset, splitter, metric, spec, console)
        let curve = Mutex<[EpochRecord]>([])
        let checkpoint = out.url.deletingLastPathComponent().appendingPathComponent(
            ".\(out.url.lastPathComponent).checkpoint")
        let context = FitContext(seed: source.seed, progress: console, checkpoint: Checkpoint(url: checkpoint)) {
            record in
            curve.withLock { $0.append(record) }
        }
        try FileManager.default.createDirectory(
            at: out.url.deletingLastPathComponent(), withIntermediateDirectories: true)
        let clock = ContinuousClock()
        let start = clock.now
        let fitted = try spec.fit(to: data, in: context)
        let seconds = (clock.now - start).seconds
        let record = TrainingRecord(
            data: dataset.name, protocolName: split ?? "everything", seed: source.seed, seconds: seconds,
            curve: curve.withLock { $0 })
        try SavedModel(model: fitted, data: data, training: record).write(to: out.url)
        try? FileManager.default.removeItem(at: checkpoint)
        if let collapse = record.curve.collapse { console.warn("\(spec.kind) collapsed: \(collapse)") }
        try console.show(record) {
            var table = TextTable(
                caption: "\(spec.kind) \(try fitted.spec().config.hyphenated.text)",
                columns: [
                    ("users", .right), ("items", .right), ("interactions", .right), ("fit", .right),
                    ("saved in", .left),
                ])
            table.append([
                "\(data.userCount.grouped)", "\(data.itemCount.grouped)", "\(data.log.count.grouped)",
                "\(Figures.duration(seconds))", "\(out.url.relativePath)",
            ])
            return table
        }
    }

    /// Tries the model against the one at work, and puts it in its place where it is no worse.
    private func replaceModel(
        at server: RemoteModel, _ spec: ModelSpec, on dataset: Dataset, by metric: Metric, _ console: Console
    ) throws {
        let retraining = Retraining(
            spec, on: dataset, by: metric, in: FitContext(seed: source.seed, progress: console))
        let atWork = try finished { try await server.load() }
        let trial = try atWork.map { try retraining.trial(against: $0.model) }
        var version: String?
        if trial?.isNoWorse ?? true {
            let folder = out.url
            try FileManager.default.createDirectory(
                at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
            try retraining.fitted().write(to: folder)
            version = try finished { try await server.replace(by: folder) }
        }
        try console.show(Replacement(trial: trial, before: atWork?.version, deployed: version)) {
            let verdict =
                version.map { "\($0) is at work" + (atWork.map { " in place of \($0.version)" } ?? "") }
                ?? "\(atWork?.version ?? "") stays at work"
            var table = TextTable(
                caption: trial.map {
                    "\($0.targets.grouped) interactions of \($0.users.grouped) users since \(CivilDate(milliseconds: $0.since))"
                } ?? "no model was at work", columns: [("model", .left), ("\(metric)", .right), ("", .left)])
            if let trial {
                table.append([.init(spec.kind), .init(Figures.metric(trial.candidate)), .init(verdict)])
                table.append([.init("at work: \(atWork?.version ?? "")"), .init(Figures.metric(trial.atWork)), ""])
            } else {
                table.append([.init(spec.kind), "–", .init(verdict)])
            }
            return table
        }
    }

    private struct Replacement: Encodable {
        /// Nil where no model was at work.
        var trial: Retraining.Trial?
        var before: String?
        /// Nil where the model at work stays.
        var deployed: String?
    }

    private func spec() throws -> ModelSpec {
        var config = ConfigValue.mapping([:])
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--set wants key=value, found '\(setting)'") }
            config = config.setting(
                parts[0], to: try ConfigDocument(yaml: parts[1], file: "--set \(parts[0])").decode(ConfigValue.self))
        }
        return try ModelSpec(model, config)
    }

    private func trainingSet(
        _ dataset: Dataset, _ splitter: Splitter?, _ metric: Metric, _ spec: ModelSpec, _ console: Console
    ) throws -> TrainingSet {
        guard let splitter else {
            return TrainingSet(dataset.log, of: dataset)
        }
        let (split, report) = try splitter.split(dataset, seed: source.seed)
        console.note("\(report)")
        guard try split.given == nil || spec.scoresHistories else { throw EvaluationError.knowsOnlyItsUsers }
        let budget =
            try validationBudget.map {
                try ConfigDocument(yaml: $0, file: "--validate").decode(ValidationBudget.self)
            } ?? .all
        let data = TrainingSet(split, of: dataset, by: metric, budget: budget, seed: source.seed)
        if let validation = data.validation { console.note("validation: \(validation)") }
        return data
    }
}

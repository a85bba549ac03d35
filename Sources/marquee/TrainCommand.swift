import ArgumentParser
import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeLab
import MarqueeModels
import MarqueeRuntime
import Synchronization

struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Fit one model and save it, ready to recommend.",
        discussion: """
            Learns from everything, unless --split holds something out to judge by later. Where a split has \
            validation data, it decides when to stop.

            Example: marquee train ease --data ml-1m --set regularization=500 --out models/ease
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

    @Option(help: "Validation's budget, such as '{ users: 2000, every: 5 }'; everybody after every epoch unless given.")
    var validate: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let console = output.console
        let spec = try spec()
        let metric = try Metric(select)
        let splitter = try split.map { try DataOptions.splitter($0) }
        let dataset = try source.read(console)
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
            try validate.map { try ConfigDocument(yaml: $0, file: "--validate").decode(ValidationBudget.self) } ?? .all
        let data = TrainingSet(split, of: dataset, by: metric, budget: budget, seed: source.seed)
        if let validation = data.validation { console.note("validation: \(validation)") }
        return data
    }
}

internal import Foundation
internal import MarqueeData
internal import MarqueeEvaluation
internal import MarqueeModels
internal import MarqueeRuntime

/// `report.html` of a run: the comparison in each protocol, significance, parts of the users, behaviors,
/// learning curves, what the lists are worth beside being right, and what the data looks like.
public struct ExperimentReport: Sendable {
    let result: RunResult

    public init(_ result: RunResult) { self.result = result }

    /// One file that needs no other and no network.
    public func html() throws -> String { try page().html() }

    func page() throws -> Page {
        var page = Page(title: result.experiment.name, lead: lead, footer: Self.footer)
        page.cards = cards
        page.sections = try clicks + study() + [curves, beyond, cost, tuning].compactMap { $0 }
        page.sections += [data] + DatasetPage(result.data.description).figures
        page.sections.append(
            Page.Section(
                title: "Configuration",
                text: "Everything that was chosen, defaults included; run it again with this file.",
                blocks: [.fold("experiment.yaml", try result.experiment.yaml())]))
        return page
    }

    /// What the experiment is for: the tables with their significance, the parts of the users, the behaviors.
    func study() throws -> [Page.Section] {
        let comparisons = try result.models.count > 1 ? compared() : []
        return tables(comparisons) + [world, significance(comparisons), slices, behaviors].compactMap { $0 }
    }

    var lead: String {
        if !result.experiment.about.isEmpty { return result.experiment.about }
        let names = result.models.map(\.name)
        let models = names.count == 1 ? names[0] : "\(names.count) models"
        let seeds = result.models[0].fits.count
        let runs = !result.hasEqualSeeds || seeds == 1 ? "" : ", \(seeds) seeds each"
        return "\(models) on \(result.data.description.name)\(runs)"
            + (result.data.isSimulated ? ". The data is simulated: these figures say nothing of real people." : ".")
    }

    static var footer: String {
        let process = ProcessInfo.processInfo
        return
            "Written by marquee on \(Date().formatted(.iso8601.year().month().day())); \(process.activeProcessorCount) cores, "
            + "\(Figures.bytes(Int(clamping: process.physicalMemory))) of memory, \(process.operatingSystemVersionString). "
            + "Fit times are of that machine, while nothing else should have run on it."
    }

    var headline: Metric { result.headline }

    private var cards: [Page.Card] {
        let counts = result.data.description.counts
        var cards: [Page.Card] = []
        if let best = result.models.first(where: { result.isBest($0, headline) }) ?? result.models.first {
            cards.append(
                .init(value: best.name, label: "best by \(headline), \(Figures.metric(best.mean(headline) ?? 0))"))
        }
        let total = result.models.flatMap(\.fits).reduce(0) { $0 + $1.seconds }
        return cards + [
            .init(value: counts.users.grouped, label: "users"), .init(value: counts.items.grouped, label: "items"),
            .init(value: counts.interactions.grouped, label: "interactions"),
            .init(value: Figures.duration(total), label: "fitting, \(result.models.count) models"),
        ]
    }

    private var curves: Page.Section? {
        let learned = result.models.compactMap { model in
            model.fits.first.flatMap { $0.curve.count > 1 ? (name: model.name, curve: $0.curve) : nil }
        }
        guard let longest = learned.map({ $0.curve.last?.epoch ?? 0 }).max(), longest > 0 else { return nil }
        let epochs = Array(1...longest)
        func chart(_ title: String, _ value: (EpochRecord) -> Double?) -> Page.Block? {
            let series = learned.compactMap { model -> Page.Chart.Series? in
                let points = Dictionary(model.curve.map { ($0.epoch, value($0)) }) { _, last in last }
                let values = epochs.map { points[$0] ?? nil }
                return values.contains { $0 != nil } ? .init(name: model.name, values: values) : nil
            }
            guard !series.isEmpty else { return nil }
            return .chart(
                Page.Chart(
                    kind: .line, title: title, labels: epochs.map(String.init), series: series, xTitle: "epoch",
                    startsAtZero: false))
        }
        return Page.Section(
            title: "Learning curves",
            text:
                "Of the first seed. Validation data alone decides when to stop\(Self.text(result.experiment.validation)).",
            blocks: [
                chart("\(result.experiment.evaluate[0].select) on validation data") { $0.validation },
                chart("Training loss") { $0.loss },
            ].compactMap { $0 })
    }

    /// How much of the validation data was asked for, and how often.
    private static func text(_ budget: ValidationBudget) -> String {
        let parts = [
            budget.users.map { "at most \($0.grouped) of its users" },
            budget.every > 1 ? "after every \(budget.every) epochs" : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? "" : ", asked for \(parts.joined(separator: " "))"
    }

    private var cost: Page.Section? {
        var cost = Page.Table(
            "Mean over seeds; the peak is of the whole process, data included",
            columns: [("model", false), ("fit", true), ("samples/s", true), ("judged in", true), ("peak memory", true)])
        for model in result.models {
            let judged = model.fits.reduce(0) { $0 + $1.evaluationSeconds } / Double(model.fits.count)
            cost.append([
                model.name, Figures.duration(model.seconds), Figures.short(model.samplesPerSecond),
                Figures.duration(judged),
                Figures.bytes(model.peakBytes),
            ])
        }
        return Page.Section(title: "What it cost", blocks: [.table(cost)])
    }

    private var beyond: Page.Section? {
        let judged = result.models.compactMap { model in model.beyond.map { (model.name, $0) } }
        guard let first = judged.first?.1 else { return nil }
        var table = Page.Table(
            "Lists of \(first.k) out of every unseen item, for \(first.users.grouped) users, first seed",
            columns: [
                ("model", false), ("coverage", true), ("novelty (bits)", true), ("diversity", true),
                ("average popularity", true), ("exposure Gini", true),
            ])
        for (name, beyond) in judged {
            table.append([
                name, Figures.percent(beyond.coverage), Figures.fixed(beyond.novelty, 2),
                beyond.diversity.map { Figures.fixed($0, 3) } ?? "–", Figures.fixed(beyond.averagePopularity, 0),
                Figures.fixed(beyond.exposureGini, 3),
            ])
        }
        return Page.Section(
            title: "Beside being right",
            text:
                "How much of the catalog the lists reach, how little known and how unlike each other their items are, and how far they lean on what is popular anyway.",
            blocks: [.table(table)])
    }

    private var tuning: Page.Section? {
        let tuned = result.models.filter { $0.tuning != nil }
        guard !tuned.isEmpty else { return nil }
        return Page.Section(
            title: "Tuning", text: "What was tried, judged on validation data.",
            blocks: tuned.compactMap { model in
                guard let tuning = model.tuning else { return nil }
                var table = Page.Table(
                    model.name,
                    columns: [
                        ("setting", false), ("\(result.experiment.evaluate[0].select) on validation", true),
                        ("fit", true),
                    ])
                for trial in tuning.trials {
                    table.append([
                        (trial.setting, "", false),
                        (
                            Figures.metric(trial.validation), "",
                            trial == tuning.best(by: result.experiment.evaluate[0].select)
                        ),
                        (Figures.duration(trial.seconds), "", false),
                    ])
                }
                return .table(table)
            })
    }

    private var data: Page.Section {
        var table = Page.Table(
            "What each step left",
            columns: [
                ("step", false), ("what it did", false), ("users", true), ("items", true), ("interactions", true),
            ])
        func row(_ name: String, _ what: String, _ counts: DatasetCounts) {
            table.append([name, what, counts.users.grouped, counts.items.grouped, counts.interactions.grouped])
        }
        let read = result.data.steps.first?.before ?? result.data.description.counts
        row(
            result.data.isSimulated ? "simulated" : "read",
            result.data.read?.format ?? "a simulated world, not real data",
            read)
        for step in result.data.steps { row(step.name, step.sentence, step.after) }
        let page = DatasetPage(result.data.description, notes: result.data.read?.notes ?? [])
        return Page.Section(title: "Data", text: "\(result.data.split).", blocks: [.table(table)] + page.noted)
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

/// Several protocols, tables, seeds of one's own, several experiments at once.
@Suite("Studies")
struct StudyTests {
    /// A hundred users who view some items, put a part of them in the cart and buy a part of those.
    private static let shop: String = {
        var random = RandomStream(seed: 3, "shop")
        var text = "user_id:token\titem_id:token\tbehavior:token\ttimestamp:float\n"
        for user in 0..<100 {
            for step in 0..<Int.random(in: 5...40, using: &random) {
                // Squared, so that some items are popular.
                let place = Double(random.next() >> 11) * 0x1p-53
                let item = Int(place * place * 60)
                text += "\(user)\t\(item)\tview\t\(100 * step)\n"
                guard step % 2 == 0 else { continue }
                text += "\(user)\t\(item)\tcart\t\(100 * step + 1)\n"
                if step % 4 == 0 { text += "\(user)\t\(item)\tbuy\t\(100 * step + 2)\n" }
            }
        }
        return text
    }()

    static let yaml = """
        about:    What shops sell.
        data:     { path: shop.inter }
        split:    { leave-one-out: { by: time } }
        evaluate:
          - { candidates: full, metrics: [HR, Precision, Recall, NDCG], at: [5, 10, 20], slices: [auxiliary, user-interactions, { cold-start: [1, 2, 5] }] }
          - { candidates: { sampled: 20 } }
        models:
          - popularity
          - { touched: {}, seeds: [1] }
          - { ials: { factors: 4, epochs: 2 }, seeds: [1, 2, 3] }
          - { name: ials-wide, ials: { factors: 6, epochs: 2 } }
        seeds:    [1, 2]
        tables:
          - { title: "Tables 1 and 2", models: [ials] }
          - { title: "Width", models: [ials, ials-wide], against: ials }
        """

    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        _ = try folder.write(Self.shop, "shop.inter")
        return folder
    }

    private func run(_ folder: TemporaryFolder, _ yaml: String = yaml) throws -> RunResult {
        let experiment = try Experiment(yaml: yaml, file: "shop.yaml")
        let place = try RunFolder(folder.url.appendingPathComponent("run"), for: experiment, resume: false)
        return try ExperimentRunner(experiment, in: place, data: folder.url).run()
    }

    @Test("A protocol takes what it does not say from the first, and everything reads back")
    func reading() throws {
        let experiment = try Experiment(yaml: Self.yaml, file: "shop.yaml")
        #expect(experiment.evaluate.map(\.title) == ["full", "sampled(20)"])
        #expect(
            experiment.evaluate[1].at == [5, 10, 20] && experiment.evaluate[1].slices == experiment.evaluate[0].slices)
        #expect(experiment.models.map { experiment.seeds(of: $0) } == [[1, 2], [1], [1, 2, 3], [1, 2]])
        #expect(
            experiment.resolvedTables.map(\.models) == [["popularity", "touched", "ials"], ["ials", "ials-wide"]])
        #expect(experiment.about == "What shops sell.")
        let text = try experiment.yaml()
        #expect(try Experiment(yaml: text, file: "other.yaml") == experiment)
        var one = experiment
        one.setSeed(7)
        #expect(one.models.allSatisfy { one.seeds(of: $0) == [7] })
        let single = try Experiment(
            yaml: "data: { path: x }\nmodels: [popularity]\nevaluate: { candidates: { sampled: 9 } }", file: "e.yaml")
        #expect(single.evaluate == [ProtocolConfig(candidates: .sampled(9))])
        #expect(try single.yaml().contains("\nevaluate: {"))
        #expect(single.resolvedTables == [ModelTable(title: "Comparison", models: ["popularity"])])
    }

    static let mistakes: [(yaml: String, line: Int, says: [String])] = [
        ("evaluate:\n  - { candidates: full }\n  - { candidates: { sampeld: 9 } }", 5, ["'sampled'"]),
        ("evaluate:\n  - { candidates: full }\n  - { at: [7] }", 5, ["two protocols are called 'full'", "name:"]),
        ("evaluate:\n  - { candidates: full }\n  - { candidates: { sampled: 9 }, lists: 3 }", 5, ["said once"]),
        ("evaluate: []", 3, ["no protocol"]),
        ("evaluate: { slices: [ { cold-start: [5, 1] } ] }", 3, ["ascending edges"]),
        ("tables: [ { title: T, models: [easy] } ]", 3, ["'ease'"]),
        ("tables: [ { title: T, models: [ease], against: popularity } ]", 3, ["not in the table"]),
        ("tables: [ { title: T, modles: [ease] } ]", 3, ["'models'"]),
    ]

    @Test("A mistake is told with its line", arguments: mistakes.indices)
    func mistake(_ index: Int) throws {
        let (yaml, line, says) = Self.mistakes[index]
        let error = try #require(throws: ConfigurationError.self) {
            try Experiment(yaml: "data: { path: x }\nmodels: [ease, popularity]\n" + yaml, file: "e.yaml")
        }
        #expect(error.line == line, "\(error)")
        for text in says { #expect("\(error)".contains(text), "\(error)") }
        let seeds = try #require(throws: ConfigurationError.self) {
            try Experiment(yaml: "data: { path: x }\nmodels:\n  - { ease: {}, seeds: [1, 1] }", file: "e.yaml")
        }
        #expect(seeds.line == 3 && "\(seeds)".contains("twice"))
    }

    @Test("Every fitted model is asked in every protocol, with its own seeds")
    func running() throws {
        let folder = try folder()
        let result = try run(folder)
        #expect(result.models.map { $0.fits.map(\.seed) } == [[1, 2], [1], [1, 2, 3], [1, 2]])
        let protocols = result.protocols
        #expect(
            protocols.map(\.protocol.candidates) == ["full", "sampled(20)"] && protocols.map(\.protocolIndex) == [0, 1])
        let task = try EvaluationTask(result.experiment, data: folder.url)
        for (name, index) in [("popularity", 0), ("touched", 1)] {
            let saved = try SavedModel(contentsOf: result.folder.modelURL(name))
            for (part, asked) in zip(protocols, task.protocols) {
                let expected = try asked.evaluator.evaluate(saved.model)
                #expect(part.models[index].results[0] == expected)
                let slices = try expected.sliced(by: asked.slices, of: task.split.test)
                #expect(part.models[index].fits[0].protocolResults[part.protocolIndex].slices == slices)
            }
        }
        #expect(result.caption.contains("mean over each model's seeds"))
        let metrics = try JSONFile.read(RunMetrics.self, from: result.folder.metricsURL)
        #expect(metrics == RunMetrics(result) && metrics.protocols.map(\.title) == ["sampled(20)"])
        #expect(metrics.protocols[0].models["ials"]?.perSeed["HR@10"]?.count == 3)
        #expect(
            metrics.protocols[0].models["ials"]?.metrics["HR@10"]
                == protocols[1].models[2].mean(Metric(.hitRatio, at: 10)))
        // Sampled is easier.
        #expect(
            (metrics.protocols[0].models["touched"]?.metrics["HR@10"] ?? 0)
                >= (metrics.models["touched"]?.metrics["HR@10"] ?? 1))
        // It goes on where it was, and gives the same.
        let again = try RunFolder(result.folder.url, for: result.experiment, resume: true)
        let notes = Notes()
        #expect(
            try RunMetrics(ExperimentRunner(result.experiment, in: again, data: folder.url, progress: notes).run())
                == metrics)
        #expect(notes.lines.count { $0.contains("kept from before") } == 8)
    }

    @Test("Where all models are alike none is marked as the best, in tables and slices")
    func alike() throws {
        let result = try run(
            try folder(),
            """
            data:     { path: shop.inter }
            split:    { leave-one-out: { by: time } }
            evaluate: { candidates: full, metrics: [HR], at: [10], slices: [auxiliary] }
            models:   [popularity, { name: again, popularity: {} }]
            """)
        let metric = Metric(.hitRatio, at: 10)
        #expect(result.models.allSatisfy { ($0.mean(metric) ?? 0) > 0 && !result.isBest($0, metric) })
        let tables = try ExperimentReport(result).page().sections.flatMap { $0.blocks.compactMap(\.table) }
        #expect(tables.count >= 2 && tables.allSatisfy { $0.rows.allSatisfy { !$0.cells.contains(where: \.isBest) } })
    }

    @Test("The report has each table in each protocol, the parts of the users and the behaviors")
    func report() throws {
        let folder = try folder()
        let result = try run(folder)
        // As a model that explains itself would have left it.
        for seed in [1, 2, 3] as [UInt64] {
            var record = try #require(try result.folder.record("ials", seed: seed))
            record.behaviorWeights = ["view": 0.1 * Double(seed), "cart": 0.3, "buy": 0.7 - 0.1 * Double(seed)]
            try result.folder.write(record)
        }
        let page = try ExperimentReport(RunResult(result.folder)).page()
        #expect(page.lead == "What shops sell.")
        let titles = page.sections.map(\.title)
        #expect(Array(titles.prefix(5)) == ["Tables 1 and 2", "Width", "Significance", "For whom", "Behaviors"])
        let tables = page.sections[0].blocks.compactMap(\.table)
        // Twelve metrics stand in two tables a protocol.
        #expect(
            tables.map { $0.columns.map(\.title) }
                == [0, 1].flatMap { _ in
                    [
                        ["model", "HR@5", "HR@10", "HR@20", "Precision@5", "Precision@10", "Precision@20", "seeds"],
                        ["model", "Recall@5", "Recall@10", "Recall@20", "NDCG@5", "NDCG@10", "NDCG@20", "seeds"],
                    ]
                })
        #expect(tables.allSatisfy { $0.rows.map(\.cells[0].text) == ["popularity", "touched", "ials"] })
        let metric = Metric(.ndcg, at: 10)
        for (index, result) in result.protocols.enumerated() {
            for (row, name) in ["popularity", "touched", "ials"].enumerated() {
                let model = try #require(result.models.first { $0.name == name })
                #expect(
                    tables[2 * index + 1].rows[row].cells[5].text == Figures.metric(try #require(model.mean(metric))))
            }
            #expect(tables[2 * index + 1].rows.count { $0.cells[5].isBest } >= 1)
        }
        let notes = page.sections[0].blocks.compactMap(\.note)
        #expect(notes.count == 2 && notes.allSatisfy { $0.contains("the best other row") })
        #expect(notes[0].hasPrefix("NDCG@10, full: ") && notes[1].hasPrefix("NDCG@10, sampled(20): "))
        #expect(
            page.sections[1].blocks.compactMap(\.note).allSatisfy {
                $0.contains("against ials: ") && $0.contains("ials-wide")
            })
        #expect(page.sections[2].blocks.compactMap(\.table).count == 4)
        let parts = page.sections[3].blocks
        #expect(parts.compactMap(\.chart).count == 8 && parts.compactMap(\.table).count == 16)
        // Nobody buys what he has not viewed.
        #expect(parts.compactMap(\.table)[0].columns.map(\.title) == ["model", "target has a view or cart"])
        #expect(parts.compactMap(\.table)[2].columns.map(\.title).contains("20–49"))
        let behaviors = page.sections[4].blocks
        #expect(behaviors.compactMap(\.table).count == 3)
        let heat = try #require(behaviors.compactMap(\.table).dropFirst().first)
        #expect(heat.rows.map(\.cells[0].text) == ["view", "cart", "buy"] && heat.rows[1].cells[2].shade == 60)
        // Everything bought was in the cart.
        #expect(behaviors.compactMap(\.table)[2].rows[2].cells[2].text == "100.0 %")
        let weights = try #require(behaviors.compactMap(\.chart).first)
        #expect(weights.series.map(\.name) == ["ials"] && weights.labels == ["view", "cart", "buy"])
        for (value, expected) in zip(weights.series[0].values, [0.2, 0.3, 0.5]) {
            #expect(abs((value ?? 0) - expected) < 1e-9)
        }
        let html = try page.html(chartLibrary: "")
        #expect(html.contains("style=\"--shade:60%\"") && html.contains("<p class=\"note\">NDCG@10"))
    }

    @Test("Several files are run into one folder with one report")
    func study() throws {
        let folder = try folder()
        let first = try folder.write(Self.yaml, "shop-a.yaml")
        let second = try folder.write(
            Self.yaml.replacingOccurrences(of: "{ by: time }", with: "{ by: time, auxiliary: drop }"), "shop-b.yaml")
        let ran = try Ran.marquee(["experiment", "run", first.path, second.path, "--out", "both"], in: folder)
        #expect(ran.code == 0, "\(ran.errors)")
        #expect(ran.output.contains("report: ") && ran.output.contains("strict"))
        let both = folder.url.appendingPathComponent("both")
        let html = try String(contentsOf: both.appendingPathComponent("report.html"), encoding: .utf8)
        #expect(
            html.contains("<h1>shop</h1>") && html.contains("shop-a: Tables 1 and 2")
                && html.contains("shop-b: Behaviors"))
        #expect(html.contains("href=\"#section-2\"") && html.contains("id=\"section-2\"") && !html.contains("src="))
        let metrics = try JSONFile.read([RunMetrics].self, from: both.appendingPathComponent("metrics.json"))
        #expect(metrics.map(\.name) == ["shop-a", "shop-b"])
        for name in ["shop-a", "shop-b"] {
            #expect(FileManager.default.fileExists(atPath: both.appendingPathComponent("\(name)/report.html").path))
        }
        // What is there is not run over, but resumed.
        let twice = try Ran.marquee(["experiment", "run", first.path, second.path, "--out", "both"], in: folder)
        #expect(twice.code == 1 && twice.errors.contains("--resume"))
        let resumed = try Ran.marquee(
            ["experiment", "run", first.path, second.path, "--out", "both", "--resume", "--json"], in: folder)
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(try JSONDecoder().decode([RunMetrics].self, from: Data(resumed.output.utf8)) == metrics)
        // Nothing is run where one of them cannot be.
        let third = try folder.write(
            Self.yaml.replacingOccurrences(of: "shop.inter", with: "nowhere.inter"), "shop-c.yaml")
        let missing = try Ran.marquee(["experiment", "run", first.path, third.path, "--out", "other"], in: folder)
        #expect(
            missing.code == 1 && missing.errors.contains("nowhere.inter") && missing.errors.count { $0 == "\n" } == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("other").path))
        let same = try Ran.marquee(["experiment", "run", first.path, first.path, "--out", "other"], in: folder)
        #expect(same.code == 1 && same.errors.contains("two experiments are called 'shop-a'"))
    }

    @Test("A study is called by what its experiments' names have in common")
    func naming() throws {
        func name(_ names: String...) throws -> String {
            Study.name(
                of: try names.map {
                    try Experiment(yaml: "data: { path: x }\nmodels: [popularity]", file: "\($0).yaml")
                })
        }
        #expect(try name("mbh-gnn-beibei", "mbh-gnn-taobao", "mbh-gnn-taobao-strict") == "mbh-gnn")
        #expect(try name("mbh-gnn-taobao", "mbh-gnn-taobao-strict") == "mbh-gnn-taobao")
        #expect(try name("ncf", "gowalla") == "study")
    }
}

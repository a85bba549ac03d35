import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Experiments on impressions: split by time, judged by what was shown")
struct ImpressionExperimentTests {
    /// A folder in MIND's form: people of two tastes are shown four news at a time and click those of theirs.
    static func news() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var random = RandomStream(seed: 6, "news")
        let lines = (0..<240).map { line in
            let user = Int(random.next() % 20)
            let shown = (0..<4).map { _ in
                let item = Int(random.next() % 16)
                let isClicked = random.nextUnit() < (item % 2 == user % 2 ? 0.7 : 0.1)
                return "N\(item)-\(isClicked ? 1 : 0)"
            }
            let time = "11/\(10 + line / 24)/2019 \(1 + line % 12):00:00 \(line % 24 < 12 ? "AM" : "PM")"
            return "\(line)\tU\(user)\t\(time)\tN\(user % 2)\t\(shown.joined(separator: " "))"
        }
        let catalog = (0..<16).map { "N\($0)\t\($0 % 2 == 0 ? "sports" : "finance")\tx\tTitle \($0)\tText\t\t\t" }
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("news"), withIntermediateDirectories: true)
        _ = try folder.write(lines.joined(separator: "\n") + "\n", "news/behaviors.tsv")
        _ = try folder.write(catalog.joined(separator: "\n") + "\n", "news/news.tsv")
        return folder
    }

    static func yaml(_ folder: TemporaryFolder, _ change: (String) -> String = { $0 }) -> String {
        change(
            """
            data:     { path: \(folder.url.path)/news }
            split:    { global-time: { validation-from: 0.6, test-from: 0.8 } }
            evaluate: { candidates: shown, metrics: [AUC, NDCG], at: [5], select: AUC, lists: 0 }
            models:
              - { name: affinity, click-counter: { by: affinity } }
              - item-knn
              - logistic-regression: { train: { epochs: 8, batch: 128, rate: 0.01 } }
              - ncf
            seeds:    [1, 2]
            """)
    }

    @Test("Every model has figures over all that was shown and within impressions, and a report shows reliability")
    func whole() throws {
        let folder = try Self.news()
        let result = try run(Self.yaml(folder), in: folder)
        #expect(result.models.map(\.name) == ["affinity", "item-knn", "logistic-regression"])
        // It knows users by index alone.
        #expect(result.notFitted.map(\.model) == ["ncf"])
        let learned = try #require(result.models.last)
        #expect(try #require(learned.mean(of: "AUC overall")) > 0.7)
        #expect(learned.mean(of: "log loss") != nil && learned.perSeed("ECE").count == 2)
        #expect(try #require(learned.mean(Metric(.auc))) > 0.7)
        #expect(try #require(result.models[0].mean(of: "AUC overall")) > 0.7)
        let table = "\(result.table())"
        #expect(table.contains("gAUC") && table.contains("not fitted"))
        let metrics = try JSONFile.read(RunMetrics.self, from: result.folder.metricsURL)
        #expect(metrics.models["logistic-regression"]?.metrics["gAUC"] == learned.mean(of: "gAUC"))
        let report = try String(contentsOf: result.folder.reportURL, encoding: .utf8)
        #expect(report.contains("Reliability") && report.contains("All that was shown"))
        // Read back, and gone on with, it is the same.
        let again = try RunResult(RunFolder(contentsOf: result.folder.url))
        #expect(again.models[2].perSeed("AUC overall") == learned.perSeed("AUC overall"))
        let saved = try SavedModel(contentsOf: result.folder.modelURL("logistic-regression"))
        #expect(saved.model.historyScorer != nil)
    }

    @Test(
        "What cannot be asked of impressions is refused in one line that names the key",
        arguments: [
            (
                "{ global-time: { validation-from: 0.6, test-from: 0.8 } }", "given",
                "tiny.yaml:2: what was shown is split by time"
            ),
            (
                "seeds:    [1, 2]", "seeds: [1]\nprepare: [ binarize ]",
                "these steps are of interactions; leave 'prepare' out"
            ),
            ("seeds:    [1, 2]", "seeds: [1]\nresplit: true", "leave 'resplit' out"),
        ])
    func refusals(_ old: String, _ new: String, _ told: String) throws {
        let folder = try Self.news()
        let error = #expect(throws: ConfigurationError.self) {
            try run(Self.yaml(folder) { $0.replacingOccurrences(of: old, with: new) }, in: folder)
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(told) && !text.contains("\n"), "\(text)")
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Experiments on ratings: propensities, seeds that draw their own split, folds")
struct RatingExperimentTests {
    /// A folder in Coat's form: people rate what they like, and are then asked about items at random.
    static func coat() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let random = RandomStream(seed: 2, "coat")
        func rating(_ user: Int, _ item: Int) -> Int { (user + item) % 2 == 0 ? 4 : 1 + (user * item) % 2 }
        func matrix(_ offset: UInt64, _ isThere: (Int, Int, Double) -> Bool) -> String {
            (0..<20).map { user in
                (0..<16).map { item in
                    isThere(user, item, random.unit(at: offset + UInt64(user * 16 + item)))
                        ? "\(rating(user, item))" : "0"
                }.joined(separator: " ")
            }.joined(separator: "\n")
        }
        func features(_ count: Int) -> String {
            (0..<count).map { $0 % 2 == 0 ? "1 0" : "0 1" }.joined(separator: "\n")
        }
        let data = folder.url.appendingPathComponent("coat/user_item_features")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        for (name, text) in [
            "train.ascii": matrix(0) { user, item, mark in mark < ((user + item) % 2 == 0 ? 0.6 : 0.2) },
            "test.ascii": matrix(10_000) { _, _, mark in mark < 0.4 },
            "user_item_features/user_features.ascii": features(20),
            "user_item_features/item_features.ascii": features(16),
        ] { _ = try folder.write(text, "coat/\(name)") }
        return folder
    }

    static func yaml(_ folder: TemporaryFolder, seeds: String = "[1, 2]") -> String {
        """
        data:     { path: \(folder.url.path)/coat }
        split:    { given: { validation-share: 0.1, repeats: keep } }
        evaluate: { candidates: { rated: { liked: 3 } }, metrics: [AUC, NDCG@5, MSE, RMSE, MAE], select: MSE, lists: 0 }
        models:
          - { name: global-mean, bias: { users: false, items: false } }
          - bias
          - name: naive
            biased-mf: {}
            tune: { factors: [4, 8, 16], regularization: [3, 5, 7, 10, 15] }
          - name: weighted
            biased-mf: { weighting: inverse-propensity }
            tune: { factors: [4, 8, 16], regularization: [3, 5, 7, 10, 15] }
        seeds:    \(seeds)
        resplit:  true
        refit:    true
        """
    }

    @Test("Debiasing is an experiment: every seed draws and tunes for itself, and the figures are what they were")
    func debiasing() throws {
        let folder = try Self.coat()
        let notes = Notes()
        let result = try run(Self.yaml(folder), in: folder, progress: notes)
        #expect(notes.lines.filter { $0.contains("features and their products") }.count == 1)
        for (name, expected) in Self.figures {
            let model = try #require(result.models.first { $0.name == name })
            for (metric, values) in expected {
                for (found, value) in zip(model.perSeed(try Metric(metric)), values) {
                    #expect(abs(found - value) < 1e-5, "\(name), \(metric): \(found)")
                }
            }
            for seed in 1...2 {
                let url = result.folder.url.appendingPathComponent("results/\(name)/seed-\(seed).tuning.json")
                #expect(try JSONFile.read(TuningRecord.self, from: url).trials.count == 15)
            }
        }
        let (mse, rmse) = (try Metric("MSE"), try Metric("RMSE"))
        for model in result.models {
            #expect(abs((model.perSeed(rmse)[0]) - model.perSeed(mse)[0].squareRoot()) < 1e-12)
        }
        // Lower is better, in tables and comparisons.
        let comparison = try RunComparison(of: [result])
        let least = try #require(result.models.min { $0.mean(mse) ?? 9 < $1.mean(mse) ?? 9 })
        #expect(comparison.baseline == least.name && result.isBest(least, mse))
        #expect(try ExperimentReport(result).html().contains("RMSE"))
    }

    /// What the loop that this experiment replaces gave, by seed.
    static let figures: [String: [String: [Double]]] = [
        "naive": [
            "AUC": [0.9992587101556709, 0.9992587101556709], "NDCG@5": [1, 1],
            "MSE": [0.7301639004519642, 0.7301637974513329],
        ],
        "weighted": ["AUC": [1, 1], "NDCG@5": [1, 1], "MSE": [0.5265647878820401, 0.5265649861562806]],
    ]

    @Test("With six seeds and more, fits are compared by exact sign flips")
    func overFits() throws {
        let folder = try Self.coat()
        let yaml = Self.yaml(folder, seeds: "[1, 2, 3, 4, 5, 6]").replacingOccurrences(
            of: "tune: { factors: [4, 8, 16], regularization: [3, 5, 7, 10, 15] }",
            with: "tune: { regularization: [3, 9] }")
        let comparison = try RunComparison(of: [run(yaml, in: folder)], baseline: "naive")
        let row = try #require(comparison.rows.first { $0.name == "global-mean" })
        // Each of six seeds finds it worse.
        #expect(row.overFits?["MSE"] == 2.0 / 64)
        #expect(comparison.rows.first { $0.name == "naive" }?.overFits == nil)
        #expect(comparison.table().lines().contains { $0.contains("p over fits") })
    }

    static let folds = """
        data:     { simulate: { users: 80, items: 40, interactions: 1600 } }
        split:    { k-fold: { folds: 3, validation: 0.1 } }
        evaluate: { candidates: rated, metrics: [RMSE, MAE], select: RMSE, lists: 0, slices: [user-activity] }
        models:
          - { name: global-mean, bias: { users: false, items: false } }
          - { biased-mf: { iterations: 4 }, tune: { regularization: [5, 20] } }
        seeds:    [1]
        refit:    true
        """

    @Test("Every fold is fitted, tuned and tested; figures are means over folds with their deviation")
    func kFold() throws {
        let folder = try TemporaryFolder()
        let result = try run(Self.folds, in: folder)
        let metric = try Metric("RMSE")
        for model in result.models {
            #expect(model.fits.map(\.fold) == [1, 2, 3])
            let values = model.perSeed(metric)
            #expect(Set(values).count == 3)
            #expect(abs((model.mean(metric) ?? 0) - values.reduce(0, +) / 3) < 1e-12 && (model.spread(metric) ?? 0) > 0)
        }
        #expect(result.caption.contains("3-fold cross-validation") && result.caption.contains("mean of 3 folds"))
        let tested = result.models[0].fits.map { $0.result.protocol.targets }.reduce(0, +)
        #expect(tested == result.protocol.targets && tested == result.data.description.pairs)
        let metrics = try JSONFile.read(RunMetrics.self, from: result.folder.metricsURL)
        #expect(metrics.models["biased-mf"]?.folds == [1, 2, 3])
        #expect(try RunComparison(of: [result]).rows.count == 2)
        #expect(try ExperimentReport(result).html().contains("3-fold"))
        // What is finished stays: run again, it is kept, and what is missing is fitted.
        try FileManager.default.removeItem(at: result.folder.resultURL("biased-mf", seed: 1, fold: 2))
        let again = try ExperimentRunner(result.experiment, in: result.folder).run()
        #expect(again.models.map { $0.perSeed(metric) } == result.models.map { $0.perSeed(metric) })
    }

    @Test("What cannot be asked of ratings, or of models that do not predict them, is told with its line")
    func refused() throws {
        for (old, new, line, reason) in [
            ("metrics: [RMSE, MAE]", "metrics: [HR@5]", 3, "HR@5 says nothing of rated items"),
            ("select: RMSE", "select: HR@5", 3, "HR@5 says nothing of rated items"),
            ("candidates: rated", "candidates: full", 3, "RMSE is an error of predicted ratings"),
            ("seeds:", "  - ease\nseeds:", 7, "'ease' does not predict ratings"),
        ] {
            let error = #expect(throws: ConfigurationError.self) {
                try Experiment(yaml: Self.folds.replacingOccurrences(of: old, with: new), file: "tiny.yaml")
            }
            #expect(error?.line == line && error?.reason.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
        }
        let binary = Self.folds.replacingOccurrences(of: "split:", with: "prepare: [binarize]\nsplit:")
        let folder = try TemporaryFolder()
        #expect(throws: EvaluationError.noRatings) { try run(binary, in: folder) }
    }
}

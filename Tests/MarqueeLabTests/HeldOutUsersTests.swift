import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("Users whom no model learns from are asked for by their histories")
struct HeldOutUsersTests {
    static let yaml = """
        data:     { simulate: { users: 150, items: 60, interactions: 3000 } }
        prepare:  [ binarize, { k-core: 5 } ]
        split:    { held-out-users: { users: 0.15, share: 0.8 } }
        evaluate: { candidates: full, metrics: [Recall, NDCG], at: [5, 20], select: NDCG@20, slices: [user-activity, item-popularity], lists: 5 }
        models:
          - popularity
          - { item-knn: { neighbors: 10 }, tune: { shrinkage: [0, 20] } }
          - ease: { regularization: 20 }
          - { ials: { factors: 4, epochs: 4 }, refit: true }
          - hybrid: { models: [popularity, { ease: { regularization: 20 } }] }
          - mf: { factors: 4, train: { epochs: 2, batch: 64 } }
        seeds:    [1]
        """

    @Test("The run has figures, models and a report, and the figures are those of the histories")
    func whole() throws {
        let folder = try TemporaryFolder()
        let result = try run(Self.yaml, in: folder)
        let metrics = try JSONFile.read(RunMetrics.self, from: result.folder.metricsURL)
        #expect(Set(metrics.models.keys) == ["popularity", "item-knn", "ease", "ials", "hybrid", "mf"])
        let task = try EvaluationTask(result.experiment)
        let given = try #require(task.split.given)
        #expect(task.training.userCount < task.dataset.log.userCount)
        #expect(
            Set(task.training.log.userVocabulary.ids).isDisjoint(
                with: task.split.test.users.map { given.test.userVocabulary[$0] }))
        let whole = task.whole
        #expect(whole.userCount == task.dataset.log.userCount - task.split.test.users.count)
        for model in result.models {
            let fit = model.fits[0]
            #expect(fit.result.protocol.users == task.split.test.users.count)
            let saved = try SavedModel(contentsOf: result.folder.modelURL(model.name))
            let scorer = try #require(saved.model.historyScorer)
            #expect(try task.evaluator.evaluate(scorer, asked: UserHistories(given.test)) == fit.result)
            // The command line's way, by outside ids, finds the same.
            let config = result.experiment.evaluate[0]
            let again = try saved.evaluate(on: task.split, config: config)
            for metric in fit.result.metrics { #expect(abs((again[metric] ?? 0) - (fit.result[metric] ?? 1)) < 1e-9) }
        }
        #expect(result.models[1].tuning?.trials.count == 2)
        #expect(result.models[3].fits[0].curve.allSatisfy { $0.validation != nil })
        let personal = try #require(result.models[2].mean(Metric(.ndcg, at: 20)))
        #expect(personal > 0)
    }

    @Test("A model that knows its users alone is refused before anything is fitted, with a line that names it")
    func refusal() throws {
        let yaml = Self.yaml.replacingOccurrences(
            of: "  - popularity\n", with: "  - popularity\n  - { name: wide, ncf: { embedding: 16 } }\n")
        let error = try #require(throws: ConfigurationError.self) { try Experiment(yaml: yaml, file: "tiny.yaml") }
        #expect(error.line == 7)
        #expect(error.reason.hasPrefix("'wide' knows only the users that it was fitted to"))
        #expect(error.reason.contains("ease") && error.reason.contains("ials") && !error.reason.contains("lightgcn"))
        // One that was put together in a program as well.
        var experiment = try Experiment(yaml: Self.yaml, file: "tiny.yaml")
        experiment.models.append(ModelEntry(spec: try ModelSpec("lightgcn")))
        let folder = try TemporaryFolder()
        let place = try RunFolder(folder.url.appendingPathComponent("run"), for: experiment, resume: false)
        #expect(throws: ConfigurationError.self) { try ExperimentRunner(experiment, in: place).run() }
        #expect(!FileManager.default.fileExists(atPath: place.dataURL.path))
    }

    @Test("A model of other users' training data cannot be asked otherwise")
    func onlyByHistory() throws {
        let task = try EvaluationTask(Experiment(yaml: Self.yaml, file: "tiny.yaml"))
        let model = try ModelSpec.tiny("lightgcn").fit(to: TrainingSet(log: task.training.log))
        #expect(throws: EvaluationError.knowsOnlyItsUsers) { try task.scorer(model) }
        let validation = try #require(task.training.validation)
        #expect(throws: EvaluationError.knowsOnlyItsUsers) { try validation.evaluate(model) }
    }
}

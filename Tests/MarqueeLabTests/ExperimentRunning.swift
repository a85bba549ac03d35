import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

@Suite("An experiment becomes a run folder")
struct ExperimentRunning {
    @Test("Figures, models, log and report are there and agree")
    func whole() throws {
        let folder = try TemporaryFolder()
        let notes = Notes()
        let result = try run(tinyYAML, in: folder, progress: notes)
        let metrics = try JSONFile.read(RunMetrics.self, from: result.folder.metricsURL)
        #expect(metrics == RunMetrics(result))
        #expect(metrics.isSimulated)
        #expect(metrics.seeds == [1, 2])
        #expect(metrics.protocol.contains("sampled(20)"))
        #expect(Set(metrics.models.keys) == ["popularity", "item-knn", "ials"])
        // What was held out and what was left add up.
        #expect(metrics.counts.train + metrics.counts.validation + metrics.counts.test <= metrics.counts.interactions)
        for (name, model) in metrics.models {
            let figure = try #require(model.metrics["HR@10"])
            #expect((0...1).contains(figure))
            #expect(model.perSeed["HR@10"]?.count == 2)
            #expect(abs((model.perSeed["HR@10"] ?? []).reduce(0, +) / 2 - figure) < 1e-12)
            #expect(model.seconds > 0 && model.peakBytes > 0 && model.samplesPerSecond > 0)
            #expect(model.slices.map(\.users).reduce(0, +) == metrics.counts.testUsers)
            #expect(model.metrics["Coverage@5"] != nil)
            let saved = try SavedModel(contentsOf: result.folder.modelURL(name))
            #expect(saved.training.metrics["HR@10"] == model.perSeed["HR@10"]?[0])
        }
        // Each step told what it left.
        #expect(notes.lines.contains { $0.hasPrefix("k-core:") && $0.contains("interactions left") })
        #expect(notes.lines.contains { $0.hasPrefix("split: leave-one-out by time") })
        let log = try String(contentsOf: result.folder.url.appendingPathComponent("log.txt"), encoding: .utf8)
        for line in notes.lines { #expect(log.contains(line)) }
        #expect(!FileManager.default.fileExists(atPath: result.folder.checkpointsURL.path))
    }

    @Test("The saved model of the first seed gives the figures of the run")
    func savedModel() throws {
        let folder = try TemporaryFolder()
        let yaml = tinyYAML.replacingOccurrences(of: ", refit: true", with: "")
        let result = try run(yaml, in: folder)
        let task = try EvaluationTask(result.experiment)
        for model in result.models {
            let saved = try SavedModel(contentsOf: result.folder.modelURL(model.name))
            #expect(try task.evaluator.evaluate(saved.model) == model.fits[0].result)
        }
    }

    @Test("Judged as saved, a model is masked as in the run: validation data too, though it never learned from them")
    func savedModelMasking() throws {
        let folder = try TemporaryFolder()
        let yaml = tinyYAML.replacingOccurrences(of: ", refit: true", with: "")
            .replacingOccurrences(of: "{ sampled: 20 }", with: "full")
        let result = try run(yaml, in: folder)
        let task = try EvaluationTask(result.experiment)
        #expect(task.split.validation != nil)
        for model in result.models {
            let saved = try SavedModel(contentsOf: result.folder.modelURL(model.name))
            let again = try saved.evaluate(on: task.split, config: result.config)
            #expect(again == model.fits[0].result)
        }
    }

    @Test("Tuning keeps what validation likes best, and says what was tried")
    func tuning() throws {
        let folder = try TemporaryFolder()
        let result = try run(tinyYAML, in: folder)
        let model = result.models[1]
        let tuning = try #require(model.tuning)
        #expect(tuning.trials.map(\.setting) == ["shrinkage 0", "shrinkage 20"])
        let best = try #require(tuning.best(by: result.config.select))
        #expect(best.validation == tuning.trials.map(\.validation).max())
        #expect("shrinkage \(model.fits[0].spec.config[dotted: "shrinkage"]?.text ?? "")" == best.setting)
    }

    @Test("Refitting learns from the validation data too, for as long as was best, and never from the test")
    func refitting() throws {
        let folder = try TemporaryFolder()
        let result = try run(tinyYAML, in: folder)
        let fit = result.models[2].fits[0]
        let best = try #require(fit.curve.max { ($0.validation ?? 0) < ($1.validation ?? 0) })
        #expect(fit.refitEpochs == best.epoch)
        let task = try EvaluationTask(result.experiment)
        let validation = try #require(task.split.validation)
        #expect(task.whole.log.count == task.training.log.count + validation.items.count)
        let whole = task.whole.interactions
        for (k, user) in task.split.test.users.enumerated() {
            #expect(task.split.test[k].allSatisfy { !whole.contains(user, $0) })
        }
        for (k, user) in validation.users.enumerated() {
            #expect(validation[k].allSatisfy { whole.contains(user, $0) })
        }
    }

    @Test("A model without epochs is refitted at once, on training and validation data")
    func refittingWithoutEpochs() throws {
        let folder = try TemporaryFolder()
        let notes = Notes()
        let result = try run(
            tinyYAML.replacingOccurrences(of: "  - popularity", with: "  - { popularity: {}, refit: true }"),
            in: folder, progress: notes)
        let fit = result.models[0].fits[0]
        #expect(fit.refitEpochs == 0 && fit.validation == nil)
        let task = try EvaluationTask(result.experiment)
        let model = try Popularity.fit(Popularity.Config(), to: task.whole, in: FitContext())
        #expect(try task.evaluator.evaluate(model) == fit.result)
        #expect(try SavedModel(contentsOf: result.folder.modelURL("popularity")).history == task.whole.interactions)
        #expect(!notes.lines.contains { $0.hasPrefix("popularity") && $0.contains("again") })
    }

    @Test("A run folder is not run over, nor resumed by another experiment")
    func refusals() throws {
        let folder = try TemporaryFolder()
        let result = try run(tinyYAML, in: folder)
        let place = result.folder.url
        #expect(throws: RunFolderError.alreadyThere(place.path)) {
            try RunFolder(place, for: result.experiment, resume: false)
        }
        var other = result.experiment
        other.data.seed = 3
        let error = try #require(throws: RunFolderError.self) { try RunFolder(place, for: other, resume: true) }
        #expect("\(error)".contains("'data.seed' was 1, is 3"))
        let again = try RunFolder(place, for: result.experiment, resume: true)
        let notes = Notes()
        let resumed = try ExperimentRunner(result.experiment, in: again, progress: notes).run()
        #expect(resumed.models.map(\.fits) == result.models.map(\.fits))
        #expect(notes.lines.count { $0.contains("kept from before") } == 6)
        #expect(throws: RunFolderError.noRun(folder.url.path)) { try RunFolder(contentsOf: folder.url) }
    }

    @Test("Validation asks so many users as the budget says, the same for everybody, every so many epochs")
    func validationBudget() throws {
        let folder = try TemporaryFolder()
        let notes = Notes()
        let yaml =
            tinyYAML.replacingOccurrences(of: "epochs: 3", with: "epochs: 5") + "\nvalidate: { users: 20, every: 2 }"
        let result = try run(yaml, in: folder, progress: notes)
        let all = try EvaluationTask(Experiment(yaml: tinyYAML, file: "tiny.yaml"))
        let everybody = try #require(all.training.validation).holdout
        let sample = try #require(try EvaluationTask(result.experiment).training.validation)
        #expect(sample.holdout.users.count == 20 && Set(sample.holdout.users).isSubset(of: everybody.users))
        for (k, user) in sample.holdout.users.enumerated() {
            let place = try #require(everybody.users.firstIndex(of: user))
            #expect(sample.holdout[k] == everybody[place])
        }
        #expect(
            notes.lines.contains(
                "validation: NDCG@10 for 20 of \(everybody.users.count) users, every 2 epochs"), "\(notes.lines)")
        #expect(result.models[2].fits[0].curve.map { $0.validation != nil } == [false, true, false, true, true])
        #expect(try result.experiment.yaml().contains("validate: { every: 2, users: 20 }"))
        #expect(
            try String(contentsOf: result.folder.reportURL, encoding: .utf8).contains(
                "asked for at most 20 of its users after every 2 epochs"))
    }

    @Test("Equal experiments give equal figures")
    func determinism() throws {
        let folder = try TemporaryFolder()
        let first = try run(tinyYAML, in: folder, "first")
        let second = try run(tinyYAML, in: folder, "second")
        #expect(first.models.flatMap(\.fits).map(\.result) == second.models.flatMap(\.fits).map(\.result))
    }
}

@Suite("Runs are compared")
struct RunComparing {
    @Test("The best is the baseline, and a model against itself differs by nothing")
    func comparison() throws {
        let folder = try TemporaryFolder()
        let first = try run(tinyYAML, in: folder, "first")
        let second = try run(tinyYAML, in: folder, "second")
        let metric = Metric(.ndcg, at: 10)
        let one = try RunComparison(of: [first])
        #expect(one.metric == metric)
        let best = try #require(first.models.max { ($0.mean(metric) ?? 0) < ($1.mean(metric) ?? 0) })
        #expect(one.baseline == best.name)
        #expect(one.rows.count { $0.against == nil } == 1)
        let both = try RunComparison(of: [first, second], by: metric, baseline: "first / ials")
        #expect(both.rows.count == 6)
        let same = try #require(both.rows.first { $0.name == "second / ials" }?.against)
        #expect(same.difference == 0 && same.pValue == 1)
        let popularity = try #require(both.rows.first { $0.name == "first / popularity" })
        let difference = try #require(popularity.metrics["NDCG@10"]) - (first.models[2].mean(metric) ?? 0)
        #expect(abs((popularity.against?.difference ?? 0) - difference) < 1e-12)
        #expect(both.table().lines().count == 9)
        let error = try #require(throws: RunComparisonError.self) { try RunComparison(of: [first], baseline: "ialss") }
        #expect("\(error)".contains("'ials'"))
    }

    @Test("Runs that asked different protocols are not compared")
    func differentQuestions() throws {
        let folder = try TemporaryFolder()
        let first = try run(tinyYAML, in: folder, "first")
        let other = try run(tinyYAML.replacingOccurrences(of: "sampled: 20", with: "sampled: 19"), in: folder, "other")
        #expect(throws: EvaluationError.self) { try RunComparison(of: [first, other]) }
    }
}

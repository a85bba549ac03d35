import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLab

/// An experiment on views, carts and buys.
@Suite("Several behaviors in an experiment")
struct MultiBehaviorTests {
    /// Thirty users who view four items, put two of them in the cart and buy one; user u's buys are u and u + 1.
    private func shop() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        var text = "user_id:token\titem_id:token\tbehavior:token\ttimestamp:float\n"
        for user in 0..<30 {
            for step in 0..<5 {
                let item = (user + step * step) % 30
                text += "\(user)\t\(item)\tview\t\(100 * step)\n"
                if step < 4 { text += "\(user)\t\(item)\tcart\t\(100 * step + 1)\n" }
                if step < 3 { text += "\(user)\t\(item)\tbuy\t\(100 * step + 2)\n" }
            }
        }
        _ = try folder.write(text, "shop.inter")
        return folder
    }

    private func task(
        _ folder: TemporaryFolder, target: String = "", auxiliary: String = "keep", candidates: String = "full"
    ) throws -> EvaluationTask {
        let yaml = """
            data: { path: shop.inter\(target) }
            split: { leave-one-out: { auxiliary: \(auxiliary) } }
            evaluate: { candidates: \(candidates), slices: [auxiliary, user-interactions, { cold-start: 2 }] }
            models: [popularity]
            """
        return try EvaluationTask(try Experiment(yaml: yaml, file: "shop.yaml"), data: folder.url)
    }

    @Test("The target is held out and masked, the rest is learned from")
    func target() throws {
        let folder = try shop()
        let task = try task(folder)
        #expect(task.training.behaviorNames == ["view", "cart", "buy"] && task.training.target == 2)
        // Of three buys one is tested and one validates.
        #expect(task.training.behaviors.map(\.entryCount) == [150, 120, 30])
        #expect(task.training.interactions == task.training.behaviors[2])
        #expect(task.whole.behaviors.map(\.entryCount) == [150, 120, 60])
        #expect(task.evaluator.seen.entryCount == 60)
        let text = "\(task.evaluator.protocol)"
        #expect(text.contains("masked: buy interactions of train and validation (60 pairs)"))
        #expect(text.contains("auxiliary interactions of held-out pairs kept"))
        #expect(task.split.name == "leave-one-out by time on buy")
        #expect(task.record.split.description.contains("leave-one-out by time on buy"))
        #expect(
            task.slices.map(\.name) == [
                "auxiliary: target has a view or cart", "auxiliary: target has no view or cart",
                "user-interactions: 10–19",
                "cold-start: user with fewer than 2 buys", "cold-start: target with fewer than 2 buys",
                "cold-start: user and target with 2 buys or more",
            ])
    }

    @Test("Strict takes the views and carts of held-out buys away and says so")
    func strict() throws {
        let folder = try shop()
        let task = try task(folder, auxiliary: "drop")
        #expect(task.training.behaviors.map(\.entryCount) == [90, 60, 30])
        #expect(task.split.name == "leave-one-out by time on buy, strict")
        #expect("\(task.evaluator.protocol)".contains("strict: auxiliary interactions of held-out pairs dropped"))
        #expect(task.slices.first?.name == "auxiliary: target had a view or cart")
        #expect(task.slices.first.map { $0.includes(0, task.split.test[0]) } == true)
        // The two protocols never look the same, even where every candidate is.
        let kept = try self.task(folder, candidates: "{ sampled: 5 }").evaluator.protocol
        let dropped = try self.task(folder, auxiliary: "drop", candidates: "{ sampled: 5 }").evaluator.protocol
        #expect(kept != dropped && kept.digest == dropped.digest)
    }

    @Test("Another target is held out when it is named")
    func named() throws {
        let folder = try shop()
        let task = try task(folder, target: ", target: cart")
        #expect(task.training.target == 1 && task.training.behaviors.map(\.entryCount) == [150, 60, 90])
        #expect(task.record.read?.notes.last?.text == "to predict, as asked: cart")
        let error = #expect(throws: ConfigurationError.self) { try self.task(folder, target: ", target: by") }
        #expect(
            error?.description == "data.target: unknown behavior 'by': did you mean 'buy'? Valid are: buy, cart, view")
    }

    @Test("A model of several behaviors is judged as saved")
    func saved() throws {
        let folder = try shop()
        let task = try task(folder)
        let model = try Popularity.fit(Popularity.Config(), to: task.training, in: FitContext())
        let saved = SavedModel(model: model, data: task.training)
        #expect(saved.history == task.training.interactions)
        let result = try saved.evaluate(on: task.split, config: ProtocolConfig())
        #expect(result.protocol.auxiliary == "kept")
    }
}

import Foundation
import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import MarqueeRuntime
import Testing

@testable import MarqueeLive

@Suite("A model is tried against the one at work on what happened last")
struct RetrainingTests {
    /// Two camps: whoever likes one item of a camp likes its others. Each day everybody touches their camp's next item.
    static func dataset(days: Int) -> Dataset {
        var log = InteractionLog(behaviorNames: ["click"])
        for day in 0..<days {
            for user in 0..<20 {
                let camp = user % 2
                log.users.append(log.userVocabulary.insert("u\(user)"))
                log.items.append(log.itemVocabulary.insert("i\(camp * 20 + (day + user / 2) % 12)"))
                log.timestamps.append(Int64(1_700_000_000_000 + day * 86_400_000 + user))
            }
        }
        return Dataset(name: "camps", log: log)
    }

    static func model(_ kind: String, days: Int, _ config: ConfigValue = [:]) throws -> SavedModel {
        let data = TrainingSet(dataset(days: days).log, of: dataset(days: days))
        return SavedModel(model: try ModelSpec(kind, config).fit(to: data), data: data)
    }

    @Test("A better model is no worse, a worse one is; both figures are of the same question")
    func trial() throws {
        let data = Self.dataset(days: 8)
        let good = Retraining(try ModelSpec("ease", ["regularization": 10]), on: data)
        let popular = Retraining(try ModelSpec("popularity"), on: data)
        let atWork = (popular: try Self.model("popularity", days: 6), good: try Self.model("ease", days: 6))
        let up = try good.trial(against: atWork.popular)
        #expect(up.candidate > up.atWork && up.isNoWorse)
        #expect(up.users > 0 && up.targets >= up.users)
        let down = try popular.trial(against: atWork.good)
        #expect(down.candidate < down.atWork && !down.isNoWorse)
        #expect(down.targets == up.targets && down.since == up.since)
        // The one at work answers from what people did since: as one that was fitted to all of it would.
        #expect(down.atWork > 0.5)
        #expect(try good.fitted().items.count == data.log.itemCount)
    }

    @Test("A model that knows its users alone is asked for these, and finds all alike for others")
    func knownUsersAlone() throws {
        let data = Self.dataset(days: 8)
        let atWork = try Self.model("bpr", days: 6, ["train": ["epochs": 3]])
        let trial = try Retraining(try ModelSpec("popularity"), on: data).trial(against: atWork)
        #expect(trial.atWork > 0 && trial.atWork <= 1)
        let other = SavedModel(
            model: atWork.model, users: Vocabulary((0..<20).map { "x\($0)" }), items: atWork.items,
            catalog: atWork.catalog, histories: atWork.histories, behaviorNames: atWork.behaviorNames)
        let scorer = ModelAtWork(other, of: data.log)
        #expect(Set(scorer.scores(user: 0).filter { $0 > -1 }) == [0])
    }

    @Test("What the model at work has learned from is no test")
    func nothingNew() throws {
        let data = Self.dataset(days: 8)
        let atWork = try Self.model("popularity", days: 8)
        let error = #expect(throws: RetrainingError.self) {
            try Retraining(try ModelSpec("popularity"), on: data).trial(against: atWork)
        }
        #expect("\(try #require(error))".contains("nothing has happened since 2023-11-21"))
    }
}

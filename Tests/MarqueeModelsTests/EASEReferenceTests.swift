import Foundation
import MarqueeData
import MarqueeEvaluation
import Testing

@testable import MarqueeModels

@Suite("EASE against a reference in numpy")
struct EASEReferenceTests {
    /// Written by `Fixtures/write_ease.py`.
    struct Fixture: Decodable {
        var users, items: Int
        var regularization: Double
        var histories: [[Int32]]
        var weights: [[Double]]
        var people: [[Int32]]
        var scores: [[Double]]
    }

    @Test func weightsAndScoresAreTheReference() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/ease", withExtension: "json"))
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
        var log = InteractionLog(
            userVocabulary: Vocabulary(integers: 0..<Int64(fixture.users)),
            itemVocabulary: Vocabulary(integers: 0..<Int64(fixture.items)))
        for (user, items) in fixture.histories.enumerated() {
            log.users += items.map { _ in Int32(user) }
            log.items += items
        }
        var config = EASE.Config()
        config.regularization = Float(fixture.regularization)
        let model = try EASE.fit(config, to: TrainingSet(log: log), in: FitContext())
        for (row, expected) in fixture.weights.enumerated() {
            for (column, weight) in expected.enumerated() {
                #expect(abs(Double(model.weights[row * fixture.items + column]) - weight) < 1e-6)
            }
        }
        for (items, expected) in zip(fixture.people, fixture.scores) {
            for (found, score) in zip(model.scores(Query(history: History(items: items))), expected) {
                #expect(abs(Double(found) - score) < 1e-6)
            }
        }
    }

    /// 50,000² floats are 10 GB, not 4 shifted away.
    @Test func moreItemsThanFitAreRefusedWithTheBytesTheyNeed() throws {
        let reason = "50000 items need 10 GB; drop rare items with k-core, or use ials"
        #expect(try ModelSpec("ease").refusal(users: 3, items: 50_000) == reason)
        #expect(try ModelSpec("ridge").refusal(users: 3, items: 50_000) == reason.replacing("10 GB", with: "20 GB"))
        #expect(try ModelSpec("hybrid").refusal(users: 3, items: 50_000) == "ease: \(reason)")
        #expect(try ModelSpec("ease").refusal(users: 3, items: 1000) == nil)
        #expect(try ModelSpec("item-knn").refusal(users: 3, items: 50_000) == nil)
        let log = InteractionLog(
            users: [0], items: [0], userVocabulary: Vocabulary(["u"]),
            itemVocabulary: Vocabulary((0..<50_000).map(String.init)))
        #expect(throws: ModelError.unfit(model: "ease", reason: reason)) {
            try ModelSpec("ease").fit(to: TrainingSet(log: log))
        }
    }
}

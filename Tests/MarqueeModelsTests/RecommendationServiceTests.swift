import Foundation
import MarqueeData
import MarqueeModels
import Testing

@Suite struct RecommendationServiceTests {
    static func service(_ kind: String) throws -> RecommendationService {
        let data = RecommenderBehaviorTests.camps.data
        return RecommendationService(SavedModel(model: try RecommenderBehaviorTests.fit(kind, to: data), data: data))
    }

    @Test(arguments: ModelRegistry.kinds) func recommendsWhatIsNewWithReasonsFromTheHistory(_ kind: String) throws {
        let service = try Self.service(kind)
        let (data, missing) = RecommenderBehaviorTests.camps
        for user in 0..<Int32(data.userCount) {
            let list = service.recommend(to: "user \(user)", count: 3)
            let consumed = Set(data.interactions[user].map { "item \($0)" })
            #expect(list.note == nil && list.recommendations.count == 3)
            #expect(list.recommendations.allSatisfy { !consumed.contains($0.item) && $0.source == .model(kind) })
            #expect(list.recommendations.allSatisfy { $0.reasons.allSatisfy { consumed.contains($0.item) } })
            #expect(list.recommendations.map(\.score) == list.recommendations.map(\.score).sorted(by: >))
            if RecommenderBehaviorTests.personal.contains(kind) {
                #expect(list.recommendations[0].title == "Title \(missing[Int(user)])")
                #expect(!list.recommendations[0].reasons.isEmpty)
                let share = list.recommendations[0].reasons.reduce(0) { $0 + $1.share }
                #expect(share > 0 && share <= 1.001)
            }
        }
        // Asked for more than there is, and for nothing.
        #expect(service.recommend(to: "user 0", count: 100).recommendations.count == 6)
        #expect(service.recommend(to: "user 0", count: 0).recommendations.isEmpty)
    }

    @Test func anUnknownUserGetsContentThenPopularityAndIsTold() throws {
        // Knows its users alone.
        let service = try Self.service("lightgcn")
        let popular = service.recommend(to: "nobody", count: 4)
        #expect(popular.note == "user 'nobody' is unknown; these are what most people like")
        #expect(popular.recommendations.allSatisfy { $0.source == .popularity })

        let musical = service.recommend(to: nil, count: 6, genres: ["Musical"])
        #expect(musical.recommendations.prefix(5).allSatisfy { $0.source == .content && $0.genres == ["Musical"] })
        #expect(musical.recommendations[5].source == .popularity)

        let liking = service.recommend(to: nil, count: 4, liking: ["item 7", "item 99"])
        #expect(liking.recommendations.allSatisfy { $0.item != "item 7" && $0.genres == ["Musical"] })
        #expect(liking.recommendations[0].reasons.map(\.item) == ["item 7"])
        #expect(liking.note?.contains("unknown items were left out: item 99") == true)
    }

    @Test(arguments: HistoryScorerTests.kinds) func whoeverLikesSomethingIsAnsweredByTheModel(_ kind: String) throws {
        let service = try Self.service(kind)
        // What people of one camp like, but for one.
        let liked = ["item 9", "item 5", "item 6", "item 7", "item 99"]
        for user in ["nobody", "user 1", nil] {
            let list = service.recommend(to: user, count: 3, liking: liked)
            #expect(list.recommendations.count == 3)
            #expect(list.recommendations.allSatisfy { $0.source == .model(kind) && !liked.contains($0.item) })
            #expect(list.note == "unknown items were left out: item 99")
        }
        let best = service.recommend(to: nil, count: 1, liking: liked).recommendations[0]
        if RecommenderBehaviorTests.personal.contains(kind) {
            #expect(best.item == "item 8" && !best.reasons.isEmpty, "\(kind): \(best)")
        }
        // Genres are content's to know.
        #expect(service.recommend(to: nil, count: 1, genres: ["War"]).recommendations[0].source == .content)
    }

    @Test func aUserWithoutHistoryIsTold() throws {
        let data = RecommenderBehaviorTests.trainingSet([(0, 0), (0, 1), (2, 1)], users: 3, items: 3)
        let model = try RecommenderBehaviorTests.fit("item-knn", to: data)
        let list = RecommendationService(SavedModel(model: model, data: data)).recommend(to: "user 1", count: 1)
        #expect(list.note == "user 'user 1' has no history; these are what most people like")
        #expect(list.recommendations.map(\.item) == ["item 1"])
    }

    @Test(arguments: ModelRegistry.kinds) func similarItemsAreOfTheSameCamp(_ kind: String) throws {
        // Everybody rates alike here: nothing to tell ratings by.
        if try ModelSpec(kind).predictsRatings { return }
        let service = try Self.service(kind)
        guard let known = service.saved.model.itemSimilarity else {
            let error = try #require(throws: ModelError.self) { try service.similar(to: "item 7") }
            #expect(
                "\(error)".hasPrefix("\(kind) knows nothing of which items are alike; these do: item-knn, content, "))
            return
        }
        let similar = try #require(try service.similar(to: "item 7", count: 3))
        let items = similar.items.map(\.item)
        #expect(items.allSatisfy { ["item 5", "item 6", "item 8", "item 9"].contains($0) }, "\(similar)")
        #expect(items.count == 3 && similar.measure == known.similarityMeasure)
        #expect(try service.similar(to: "item 99") == nil)
    }

    @Test func anItemThatNobodyTouchedIsComparedByContent() throws {
        let data = RecommenderBehaviorTests.trainingSet(
            [(0, 0), (1, 1)], users: 2, items: 3, genres: { $0 == 0 ? "War" : "Drama" })
        let model = try RecommenderBehaviorTests.fit("item-knn", to: data)
        let similar = try RecommendationService(SavedModel(model: model, data: data)).similar(to: "item 2")?.items
        // Both share a word of the title, item 1 the genre too.
        #expect(similar?.map(\.item) == ["item 1", "item 0"])
        #expect(similar?.first?.source == .content)
    }

    @Test func sourcesReadAndWrite() throws {
        let sources: [Recommendation.Source] = [.model("ease"), .model("content"), .content, .popularity]
        #expect(try JSONDecoder().decode([Recommendation.Source].self, from: JSONEncoder().encode(sources)) == sources)
    }
}

import MarqueeData
import MarqueeEvaluation
import MarqueeModels
import Testing

@testable import MarqueeLive

/// What is like an item, by which measure, and that the server says what `marquee similar` says.
@Suite struct SimilarityTests {
    typealias Fixture = LoopFixture

    /// Items of the fixture, and one that nobody touched.
    @Test func itIsWhatTheModelsFolderAnswers() async throws {
        try await Fixture.run { loop, _ in
            let service = RecommendationService(Fixture.model)
            for item in (0..<5).map({ Fixture.model.items[$0] }) {
                let own = try #require(try loop.similar(to: item, count: 10))
                let folder = try #require(try service.similar(to: item, count: 10))
                #expect(own.measure == folder.measure)
                #expect(own.items.map(\.id) == folder.items.map(\.item))
                #expect(own.items.map { Float($0.score) } == folder.items.map(\.score))
            }
        }
    }

    @Test func whoTouchedBothIsAnotherMeasure() async throws {
        try await Fixture.run { loop, _ in
            let item = Fixture.model.items[0]
            let people = try #require(try loop.similar(to: item, by: .people, count: 10))
            #expect(people.measure.contains("people who touched both"))
            let index = try #require(loop.catalog.snapshot.ids.index(of: item))
            let neighbors = try #require(loop.model).neighbors(of: index)
            #expect(people.items.map(\.id) == neighbors.items.prefix(10).map { loop.catalog.snapshot.names[Int($0)] })
            #expect(people.items.map(\.score) == people.items.map(\.score).sorted(by: >))
            #expect(people.items.allSatisfy { $0.score > 0 } && people.items[0].score == Double(neighbors.best))
        }
    }

    /// Of an item that came after the training nobody knows more than its categories.
    @Test func anItemOfNoModelIsLikeWhatHasItsCategories() async throws {
        try await Fixture.run { loop, _ in
            let snapshot = loop.catalog.snapshot
            let index = try #require(snapshot.categories.firstIndex { !$0.isEmpty })
            let known = try #require(try await loop.catalog.item(snapshot.names[index]))
            let category = try #require(known.categories.first)
            try await loop.catalog.put([CatalogItem(id: "new", categories: [category])])
            let similar = try #require(try loop.similar(to: "new", count: 5))
            #expect(similar.items.count == 5 && !similar.items.contains { $0.id == "new" })
            for item in similar.items {
                #expect(try await loop.catalog.item(item.id)?.categories.contains(category) == true)
            }
            let ofCategory = try #require(try loop.similar(to: known.id, category: category, count: 5))
            for item in ofCategory.items {
                #expect(try await loop.catalog.item(item.id)?.categories.contains(category) == true)
            }
        }
    }

    @Test func aModelThatKnowsNoItemsIsAskedForPeople() async throws {
        try await Fixture.run(deploys: false) { loop, _ in
            let popularity = SavedModel(
                model: try Popularity.fit(.init(), to: Fixture.data, in: FitContext(seed: 1)), data: Fixture.data)
            try await loop.deploy(popularity, version: "popularity")
            let item = popularity.items[0]
            #expect(try loop.similar(to: item, count: 3)?.measure.contains("people who touched both") == true)
            #expect(throws: ModelError.self) { try loop.similar(to: item, by: .model, count: 3) }
        }
    }
}

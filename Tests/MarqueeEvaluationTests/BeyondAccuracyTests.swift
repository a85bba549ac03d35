import MarqueeData
import Testing

@testable import MarqueeEvaluation

@Suite struct BeyondAccuracyTests {
    private func lists(_ rows: [[Int32]]) -> TopK {
        TopK(
            users: Array(0..<Int32(rows.count)),
            offsets: rows.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) },
            items: rows.flatMap(\.self), scores: Array(repeating: 0, count: rows.joined().count))
    }

    @Test func agreesWithTheReference() throws {
        let reference = try Reference.load().beyond
        let train = InteractionMatrix(rows: reference.train, columnCount: reference.items)
        let catalog = Catalog(items: reference.genres.map { Catalog.Item(title: "", genres: $0) })
        let byGenre = BeyondAccuracy(of: lists(reference.lists), k: 4, train: train, distance: .genres(of: catalog))
        let byVector = BeyondAccuracy(
            of: lists(reference.lists), k: 4, train: train,
            distance: .cosine(reference.vectors, width: reference.width))
        #expect(abs(byGenre.coverage - reference.coverage) < 1e-12)
        #expect(abs(byGenre.novelty - reference.novelty) < 1e-12)
        #expect(abs(byGenre.averagePopularity - reference.averagePopularity) < 1e-12)
        #expect(abs(byGenre.exposureGini - reference.exposureGini) < 1e-12)
        #expect(try abs(#require(byGenre.diversity) - reference.genreDiversity) < 1e-12)
        // Vectors were rounded to Float on the way.
        #expect(try abs(#require(byVector.diversity) - reference.cosineDiversity) < 1e-6)
    }

    @Test func agreesWithTheHand() {
        // Four users; item 0 known to all, item 1 to one, item 2 to nobody.
        let train = InteractionMatrix(rows: [[0], [0], [0, 1], [0]], columnCount: 4)
        let catalog = Catalog(
            items: [["Drama"], ["Drama", "War"], [], ["Comedy"]].map { .init(title: "", genres: $0) })
        let beyond = BeyondAccuracy(
            of: lists([[0, 1], [0, 2], [], [0]]), k: 2, train: train, distance: .genres(of: catalog))
        #expect(beyond.coverage == 0.75)
        let (novelty, popularity) = (2.0 / 3, 8.5 / 3)
        #expect(abs(beyond.novelty - novelty) < 1e-12)
        #expect(abs(beyond.averagePopularity - popularity) < 1e-12)
        #expect(beyond.diversity == 0.5)
        // Exposure 0, 1, 1, 3: mean absolute difference 18/16, over twice the mean 5/4.
        #expect(abs(beyond.exposureGini - 0.45) < 1e-12)
    }

    @Test func giniHasItsBounds() {
        #expect(BeyondAccuracy.gini([3, 3, 3, 3]) == 0)
        #expect(BeyondAccuracy.gini([0, 0, 0, 8]) == 0.75)
        #expect(BeyondAccuracy.gini([0, 0]) == 0)
        #expect(BeyondAccuracy.gini([]) == 0)
    }

    @Test func nothingKnownIsNoDiversity() {
        let train = InteractionMatrix(rows: [[0]], columnCount: 2)
        #expect(BeyondAccuracy(of: lists([[0, 1]]), k: 2, train: train).diversity == nil)
        let unknown = ItemDistance.genres(of: Catalog())
        #expect(BeyondAccuracy(of: lists([[0, 1]]), k: 2, train: train, distance: unknown).diversity == nil)
    }
}

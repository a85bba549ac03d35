import Foundation
import MarqueeData
import Testing

@Suite struct DatasetDescriptionTests {
    @Test func aSmallWorldIsDescribedByHand() throws {
        let log = InteractionLog(
            users: [0, 0, 0, 1, 1], items: [0, 1, 0, 0, 2], values: [4, 5, 4, 3.5, 5],
            timestamps: [0, 86_400_000 * 31, 86_400_000 * 32, 86_400_000 * 100, -1],
            userVocabulary: Vocabulary(["a", "b", "c"]), itemVocabulary: Vocabulary(["x", "y", "z", "w"]),
            behaviorNames: ["rating"])
        let catalog = Catalog(items: [
            .init(title: "X", genres: ["Drama", "War"]), .init(title: "Y", genres: ["Drama"]),
            .init(title: "Z", genres: ["War"]),
            .init(title: "W", genres: ["War"]),
        ])
        let description = DatasetDescription(Dataset(name: "small", log: log, catalog: catalog))
        #expect(description.counts == DatasetCounts(users: 3, items: 4, interactions: 5))
        #expect(description.activeUsers == 2 && description.activeItems == 3)
        #expect(description.pairs == 4 && description.density == 4.0 / 12)
        #expect(description.oldestDate == "1969-12-31" && description.newestDate == "1970-04-11")
        #expect(description.meanRating == 4.3)
        #expect(
            description.ratings.map(\.value) == [3.5, 4, 5] && description.ratings.map(\.interactions) == [1, 2, 2])
        #expect(description.genres.map(\.name) == ["War", "Drama"])
        #expect(description.genres.map(\.items) == [3, 2] && description.genres.map(\.interactions) == [4, 4])
        #expect(description.months.map(\.month) == ["1969-12", "1970-01", "1970-02", "1970-03", "1970-04"])
        #expect(description.months.map(\.interactions) == [1, 1, 2, 0, 1])
        #expect(description.userActivity.median == 2 && description.userActivity.maximum == 3)
        #expect(description.userActivity.histogram.map(\.count) == [1, 0, 2])
        // Items have 3, 1, 1 and 0: one of four is the top of any share below a quarter.
        #expect(description.longTail.top1 == 0.6 && description.longTail.top20 == 0.6)
        #expect(abs(description.longTail.gini - 0.45) < 1e-12)
        let json = try JSONEncoder().encode(description)
        #expect(try JSONDecoder().decode(DatasetDescription.self, from: json) == description)
    }

    @Test func nothingIsDescribedToo() {
        let description = DatasetDescription(Dataset(name: "empty", log: InteractionLog()))
        #expect(description.counts.interactions == 0 && description.months.isEmpty && description.longTail.gini == 0)
        #expect(description.density == 0 && description.meanRating == nil && description.userActivity.histogram.isEmpty)
    }

    @Test func equalCountsHaveNoGiniAndOneForAllHasMost() {
        #expect(abs(LongTail(Array(repeating: 7, count: 50)).gini) < 1e-12)
        #expect(abs(LongTail(Array(repeating: 0, count: 99) + [5]).gini - 0.99) < 1e-12)
    }

    @Test(.enabled(if: realData("ml-100k/u.data") != nil, "ml-100k is not there"))
    func movieLens100KIsAsItsReadmeSays() throws {
        let description = DatasetDescription(try ratings(try #require(realData("ml-100k/u.data"))))
        #expect(description.ratings.map(\.interactions) == [6110, 11_370, 27_145, 34_174, 21_201])
        #expect(description.userActivity.minimum == 20 && description.userActivity.maximum == 737)
        #expect(description.itemActivity.maximum == 583)
        // September 1997 to April 1998.
        #expect(description.months.map(\.month).first == "1997-09" && description.months.map(\.month).last == "1998-04")
    }
}

import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

@testable import MarqueeModels

/// Which items are alike, by what models know of items.
@Suite struct ItemSimilarityTests {
    static let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["MARQUEE_DATA"] ?? "../shared/data")
        .appendingPathComponent("ml-1m")
    static let isThere = FileManager.default.fileExists(atPath: folder.path)
    static let films = Result { try DatasetReader.read(folder, cache: false) }

    /// Seen by anybody who has seen films: the sequel is near, and so are others of the studio.
    @Test(
        .enabled(if: isThere, "needs ml-1m in MARQUEE_DATA"),
        arguments: ["content", "item-knn", "rp3beta", "ease", "ridge", "ials"])
    func theSequelIsNear(_ kind: String) throws {
        let dataset = try Self.films.get()
        let data = TrainingSet(dataset.log, of: dataset)
        let saved = SavedModel(model: try ModelSpec(kind).fit(to: data), data: data)
        let similar = try #require(
            try RecommendationService(saved).similar(to: saved.item(named: "Toy Story (1995)"), count: 10))
        let titles = similar.items.map(\.titleWithYear)
        #expect(titles.prefix(3).contains("Toy Story 2 (1999)"), "\(kind): \(titles)")
        if kind != "content" { #expect(titles.contains("Bug's Life, A (1998)"), "\(kind): \(titles)") }
    }

    /// Two pairs that go together, and something that everybody has: by co-occurrence, which is what EASE's weights are
    /// under a strong regularization, that would be the nearest to all.
    @Test(arguments: ["ease", "ridge", "item-knn", "rp3beta"]) func whatEverybodyHasIsNearestToNothing(_ kind: String)
        throws
    {
        var pairs: [(Int32, Int32)] = []
        for user in 0..<40 as Range<Int32> {
            pairs.append((user, 8))
            let own = user % 4
            pairs.append((user, 2 * own))
            // Three in four who have the first have the second.
            if user % 16 < 12 { pairs.append((user, 2 * own + 1)) }
        }
        let data = RecommenderBehaviorTests.trainingSet(pairs, users: 40, items: 9)
        let config: ConfigValue = kind == "ease" || kind == "ridge" ? ["regularization": 5000] : [:]
        let saved = SavedModel(model: try ModelSpec(kind, config).fit(to: data), data: data)
        for item in [0, 2, 4, 6] {
            let similar = try #require(try RecommendationService(saved).similar(to: "item \(item)", count: 1))
            #expect(similar.items.map(\.item) == ["item \(item + 1)"], "\(kind), item \(item)")
        }
    }

    /// What is learned by descent draws together what goes together, whatever the model: of every pair the other is the
    /// nearest.
    @Test(arguments: ["ials", "bpr", "mf", "gmf", "lightgcn", "ngcf"]) func whatGoesTogetherIsNear(_ kind: String)
        throws
    {
        let pairs = (0..<60 as Range<Int32>).flatMap { user in
            [(user, 2 * (user % 4)), (user, 2 * (user % 4) + 1)] + (user % 5 == 0 ? [(user, 2 * ((user + 1) % 4))] : [])
        }
        let data = RecommenderBehaviorTests.trainingSet(pairs, users: 60, items: 8)
        let spec = try ModelSpec.tiny(kind)
        let saved = SavedModel(model: try spec.fit(to: data), data: data)
        for item in [0, 2, 4, 6] {
            let similar = try #require(try RecommendationService(saved).similar(to: "item \(item)", count: 1))
            #expect(similar.items.map(\.item) == ["item \(item + 1)"], "\(kind), item \(item)")
        }
    }

    @Test func likenessIsTheWeightOverBothNorms() {
        // W = [[0, 4, 0], [3, 0, 0], [0, 0, 0]]: ‖W[0, ·]‖ = 4, ‖W[·, 1]‖ = 4.
        let dense = ItemWeights([0, 4, 0, 3, 0, 0, 0, 0, 0], count: 3)
        let sparse = ItemWeights(
            InteractionMatrix(rowCount: 3, columnCount: 3, offsets: [0, 1, 2, 2], columns: [1, 0], values: [4, 3]))
        #expect(dense == sparse)
        #expect(dense.similarities(of: [0, 4, 0], to: 0) == [0, 1, 0])
        #expect(dense.similarities(of: [0, 0, 0], to: 2) == [0, 0, 0])
    }

    @Test func titlesAreFoundAsTheyArePrinted() throws {
        let log = InteractionLog(
            users: [0, 0, 0], items: [0, 1, 2], userVocabulary: Vocabulary(["u"]),
            itemVocabulary: Vocabulary(["10", "11", "12"]))
        let data = TrainingSet(
            log: log,
            catalog: Catalog(items: [
                .init(title: "Heat", year: 1995), .init(title: "Heat (1986)", year: 1986),
                .init(title: "Ran", year: 1985),
            ]))
        let saved = SavedModel(model: try ModelSpec("popularity").fit(to: data), data: data)
        #expect(try saved.item(named: "11") == "11" && saved.item(named: "ran") == "12")
        #expect(try saved.item(named: "Heat (1995)") == "10" && saved.item(named: "Heat (1986)") == "11")
        // A whole title before the beginning of another.
        #expect(try saved.item(named: "Heat") == "10")
        #expect(throws: ItemNameError.ambiguous("hea", ["Heat (1995) (id 10)", "Heat (1986) (id 11)"])) {
            try saved.item(named: "hea")
        }
        #expect(throws: ItemNameError.unknown("Rann", nearest: "Ran (1985)")) { try saved.item(named: "Rann") }
        #expect(throws: ItemNameError.self) { try saved.item(named: "") }
    }
}

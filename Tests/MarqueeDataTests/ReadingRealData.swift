import Foundation
import MarqueeData
import MarqueeRuntime
import Testing

/// Published counts, on the data itself where `MARQUEE_DATA` has it.
@Suite("Reading real data")
struct ReadingRealData {
    static let root: URL = {
        if let path = ProcessInfo.processInfo.environment["MARQUEE_DATA"] { return URL(fileURLWithPath: path) }
        var package = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { package.deleteLastPathComponent() }
        return package.deletingLastPathComponent().appendingPathComponent("shared/data")
    }()

    static func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(name).path)
    }

    func read(_ name: String) throws -> (dataset: Dataset, report: ReadReport) {
        try DatasetReader.readReporting(Self.root.appendingPathComponent(name), cache: false)
    }

    @Test("ml-100k", .enabled(if: has("ml-100k"), "MARQUEE_DATA has no ml-100k"))
    func movieLens100K() throws {
        let (dataset, report) = try read("ml-100k")
        #expect(dataset.log.count == 100_000)
        #expect(dataset.log.userCount == 943)
        #expect(dataset.log.itemCount == 1682)
        #expect(report.format == "MovieLens 100K")
        let item = try #require(dataset.log.itemVocabulary.index(of: "1"))
        #expect(dataset.catalog[item]?.title == "Toy Story")
        #expect(dataset.catalog[item]?.year == 1995)
        #expect(dataset.catalog[item]?.genres == ["Animation", "Children's", "Comedy"])
        let user = try #require(dataset.log.userVocabulary.index(of: "1"))
        #expect(dataset.userAttributes["occupation"]?[Int(user)] == "technician")
        // Latin-1 in the file.
        #expect(dataset.catalog.items.contains { $0.title.contains("é") })
        #expect(report.files.contains { $0.name == "u.item" && $0.encoding == "latin-1" })
        #expect(dataset.log.users.first == 0 && dataset.log.userVocabulary[0] == "196")
        #expect(dataset.log.timestamps.first == 881_250_949_000)
    }

    @Test("ml-1m", .enabled(if: has("ml-1m"), "MARQUEE_DATA has no ml-1m"))
    func movieLens1M() throws {
        let (dataset, _) = try read("ml-1m")
        #expect(dataset.log.count == 1_000_209)
        #expect(dataset.log.userCount == 6040)
        #expect(dataset.log.itemCount == 3706)
        #expect(dataset.userAttributes["gender"]?.count == 6040)
        #expect(dataset.catalog.items.allSatisfy { $0.year != nil && !$0.genres.isEmpty })
        let mean = dataset.log.values.reduce(0.0) { $0 + Double($1) } / 1_000_209
        #expect(abs(mean - 3.5816) < 1e-4)
    }

    @Test("ml-1m-ncf", .enabled(if: has("ml-1m-ncf"), "MARQUEE_DATA has no ml-1m-ncf"))
    func ncf() throws {
        let (dataset, _) = try read("ml-1m-ncf")
        #expect(dataset.log.count == 994_169)
        #expect(dataset.log.userCount == 6040)
        #expect(dataset.log.itemCount == 3706)
        #expect(dataset.log.itemVocabulary.integers == Array(0..<3706))
        let frozen = try #require(dataset.frozen)
        #expect(frozen.holdout.users.count == 6040)
        #expect(frozen.holdout.items.count == 6040)
        #expect(frozen.holdout[0] == [25])
        let negatives = try #require(frozen.negatives)
        #expect(negatives.rows.count == 6040)
        #expect(negatives.rows.allSatisfy { $0.count == 99 })
        #expect(negatives.rows[0].prefix(3) == [1064, 174, 2791])
        if Self.has("ml-1m") { #expect(dataset.catalog[0]?.title == "One Flew Over the Cuckoo's Nest") }
    }

    @Test("ml-latest-small-2018", .enabled(if: has("ml-latest-small-2018"), "MARQUEE_DATA has no ml-latest-small-2018"))
    func latestSmall() throws {
        let (dataset, report) = try read("ml-latest-small-2018")
        #expect(dataset.log.count == 100_836)
        #expect(dataset.log.userCount == 610)
        #expect(dataset.log.itemCount == 9724)
        #expect(dataset.log.timestamps.min() == 828_124_615_000)
        #expect(report.files.first { $0.name == "tags.csv" }?.lines == 3684)
        let item = try #require(dataset.log.itemVocabulary.index(of: "60756"))
        #expect(dataset.catalog[item]?.title == "Step Brothers")
        #expect(dataset.catalog[item]?.text.hasPrefix("funny, Highly quotable, will ferrell") == true)
        #expect(dataset.catalog.items.contains { $0.title == "American President, The" })
    }

    @Test("gowalla-lightgcn", .enabled(if: has("gowalla-lightgcn"), "MARQUEE_DATA has no gowalla-lightgcn"))
    func gowalla() throws {
        let (dataset, _) = try read("gowalla-lightgcn")
        #expect(dataset.log.count == 810_128)
        #expect(dataset.log.userCount == 29_858)
        #expect(dataset.log.itemCount == 40_981)
        #expect(dataset.frozen?.holdout.items.count == 217_242)
        #expect(dataset.frozen?.negatives == nil)
        #expect(dataset.log.userVocabulary[17] == "17")
    }

    @Test(
        "ml-100k as RecBole has it",
        .enabled(if: has("ml-100k/recbole-atomic"), "MARQUEE_DATA has no ml-100k/recbole-atomic"))
    func recBole() throws {
        let (dataset, report) = try read("ml-100k/recbole-atomic")
        #expect(dataset.name == "ml-100k")
        #expect(dataset.log.count == 100_000)
        #expect(dataset.log.userCount == 943)
        #expect(dataset.log.itemCount == 1682)
        #expect(dataset.knowledge?.count == 91_631)
        #expect(report.files.first { $0.role == "item links" }?.lines == 1598)
        let item = try #require(dataset.log.itemVocabulary.index(of: "1"))
        #expect(dataset.catalog[item]?.year == 1995)
        #expect(dataset.log.timestamps.first == 881_250_949_000)
    }

    @Test("lastfm-2k", .enabled(if: has("lastfm-2k"), "MARQUEE_DATA has no lastfm-2k"))
    func lastFM() throws {
        let (dataset, _) = try read("lastfm-2k")
        #expect(dataset.log.count == 92_834)
        #expect(dataset.log.userCount == 1892)
        #expect(dataset.log.itemCount == 17_632)
        #expect(dataset.socialEdges.count == 25_434)
        #expect(dataset.catalog.items.contains { $0.title == "MALICE MIZER" })
    }

    @Test("taobao-mb-15449", .enabled(if: has("taobao-mb-15449"), "MARQUEE_DATA has no taobao-mb-15449"))
    func taobao() throws {
        let (dataset, report) = try read("taobao-mb-15449")
        #expect(dataset.log.behaviorNames == ["view", "cart", "buy"] && dataset.log.targetName == "buy")
        // With the rows that view.test.txt and cart.test.txt hold out, which are no test.
        #expect(counts(dataset.log) == [873_954, 195_476, 92_180])
        #expect(dataset.log.selecting(behavior: 0).pairs.count == 873_954)
        #expect(
            report.notes.map(\.text).contains(
                "view.test.txt and cart.test.txt are part of the log, for only buy is tested"))
        #expect(report.notes.map(\.text).contains("behaviors: view 873,954, cart 195,476, buy 92,180; to predict: buy"))
        // The first lines of buy.test.txt.
        #expect((0..<3).map { dataset.frozen?.holdout[$0].first } == [3, 17, 25])
        #expect(dataset.log.userCount == 15_449)
        #expect(dataset.log.itemCount == 11_953)
        #expect(dataset.frozen?.holdout.items.count == 15_449)
    }

    @Test("beibei-buy-cart-only", .enabled(if: has("beibei-buy-cart-only"), "MARQUEE_DATA has no beibei-buy-cart-only"))
    func beibei() throws {
        let (dataset, _) = try read("beibei-buy-cart-only")
        #expect(dataset.log.behaviorNames == ["cart", "buy"] && dataset.log.targetName == "buy")
        #expect(counts(dataset.log) == [642_622, 282_860])
        #expect(dataset.log.userCount == 21_716)
        #expect(dataset.log.itemCount == 7977)
        #expect(dataset.frozen?.holdout.items.count == 21_716)
        // Every training buy is in the cart, and so are 13,525 test buys, as the README counts.
        let carts = dataset.log.selecting(behavior: 0).pairs
        #expect(dataset.log.targets.pairs.isSubset(of: carts))
        #expect(try #require(dataset.frozen).holdout.pairs.count(where: carts.contains) == 13_525)
    }

    @Test("retailrocket-mb", .enabled(if: has("retailrocket-mb"), "MARQUEE_DATA has no retailrocket-mb"))
    func retailrocket() throws {
        let (dataset, report) = try read("retailrocket-mb")
        #expect(dataset.log.behaviorNames == ["view", "cart", "buy"] && dataset.log.targetName == "buy")
        #expect(counts(dataset.log) == [75_374, 12_456, 9_551])
        #expect(
            (0..<3 as Range<UInt8>).map { Set(dataset.log.selecting(behavior: $0).users).count } == [2083, 2061, 2174])
        #expect(dataset.log.userCount == 2174)
        #expect(dataset.log.itemCount == 30_113)
        #expect(dataset.frozen?.holdout.users.count == 2174 && dataset.frozen?.holdout.items.count == 2174)
        #expect(dataset.frozen?.holdout.items.prefix(3) == [4, 763, 1072])
        #expect(dataset.log.timestamps.first == 1_433_220_000_000)
        #expect(dataset.log.timestamps.min() == 1_430_620_000_000 && dataset.log.timestamps.max() == 1_442_540_000_000)
        #expect(report.notes.contains { $0.text.contains("train_mat_view_buy.tsv") && $0.text.contains("passed over") })
    }

    @Test("ciao-social", .enabled(if: has("ciao-social"), "MARQUEE_DATA has no ciao-social"))
    func ciao() throws {
        let (dataset, report) = try read("ciao-social")
        #expect(dataset.log.count == 181_944)
        #expect(dataset.log.userCount == 7375)
        // Numbered anew by those who made the split; 105,114 items have ratings below 4 as well.
        #expect(dataset.log.itemCount == 91_091)
        // 63 of the 45,448 test rows repeat a pair.
        #expect(report.files.first { $0.name == "ratings_test.txt" }?.lines == 45_448)
        #expect(dataset.frozen?.holdout.items.count == 45_385)
        #expect(dataset.socialEdges.count == 111_781)
        // trusts_origin.txt begins "1 2 1" and counts from 1.
        #expect(dataset.socialEdges.first == SocialEdge(from: 0, to: 1))
        #expect(dataset.socialEdges.map(\.from).min() == 0 && dataset.socialEdges.map(\.to).max() == 7374)
        #expect(
            report.notes.map(\.text) == [
                "trusts_origin.txt counts its users from 1, ratings_train.txt from 0: brought together"
            ])
    }

    private func counts(_ log: InteractionLog) -> [Int] {
        log.behaviorNames.indices.map { behavior in log.behaviors.count { $0 == behavior } }
    }

    @Test(
        "douban-book-music by a mapping",
        .enabled(if: has("douban-book-music"), "MARQUEE_DATA has no douban-book-music"))
    func douban() throws {
        let folder = Self.root.appendingPathComponent("douban-book-music")
        let mapping = ColumnMapping(file: "douban_book.ratings.dat", user: 1, item: 2, value: 3)
        let dataset = try DatasetReader.read(folder, mapping: mapping, cache: false)
        #expect(dataset.log.count == 96_041)
        #expect(dataset.log.userCount == 2110)
        #expect(dataset.log.itemCount == 6777)
    }
}

import Foundation
import MarqueeData
import Testing

@Suite struct JoiningTests {
    private static func books() -> Dataset {
        Dataset(
            name: "books",
            log: InteractionLog(
                users: [0, 1, 1], items: [0, 0, 1], behaviors: [0, 1, 1], values: [4, 5, 3], timestamps: [10, 20, 30],
                userVocabulary: Vocabulary(["1", "2"]), itemVocabulary: Vocabulary(["7", "8"]),
                behaviorNames: ["view", "buy"], target: 1),
            catalog: Catalog(items: [.init(title: "Emma", year: 1815, genres: ["novel"]), .init(title: "Ulysses")]),
            userAttributes: ["age": ["30", ""]], socialEdges: [SocialEdge(from: 0, to: 1, weight: 2)],
            frozen: FrozenTest(
                holdout: Holdout(pairs: [(user: 0, item: 1), (user: 1, item: 0)]),
                negatives: FrozenNegatives(name: "books' own", rows: [[0], [1]])),
            knowledge: KnowledgeGraph(
                entities: Vocabulary(["m.1", "m.2"]), relations: Vocabulary(["author"]), heads: [0], predicates: [0],
                tails: [1], itemEntities: [0, -1]))
    }

    private static func songs() -> Dataset {
        var log = InteractionLog(
            users: [0, 1, 0], items: [1, 0, 0], timestamps: [5, 25, 15], userVocabulary: Vocabulary(["2", "3"]),
            itemVocabulary: Vocabulary(["7", "9"]), behaviorNames: ["buy"])
        log.sessions = [0, 1, -1]
        return Dataset(
            name: "songs", log: log, userAttributes: ["age": ["40", "50"], "city": ["Turku", "Oulu"]],
            socialEdges: [SocialEdge(from: 1, to: 0)],
            frozen: FrozenTest(
                holdout: Holdout(pairs: [(user: 0, item: 0)]),
                negatives: FrozenNegatives(name: "songs' own", rows: [[1]]),
                validation: Holdout(pairs: [(user: 1, item: 1)])),
            knowledge: KnowledgeGraph(
                entities: Vocabulary(["m.2", "m.3"]), relations: Vocabulary(["by"]), heads: [0], predicates: [0],
                tails: [1], itemEntities: [-1, 1]))
    }

    @Test func usersAreSharedAndItemsApart() throws {
        let joined = try Dataset.joining(
            [DomainData(domain: "book", dataset: Self.books()), DomainData(domain: "music", dataset: Self.songs())],
            name: "both")
        let log = joined.log
        #expect(log.userVocabulary.ids == ["1", "2", "3"])
        #expect(log.itemVocabulary.ids == ["book/7", "book/8", "music/7", "music/9"])
        #expect(log.users == [0, 1, 1, 1, 2, 1] && log.items == [0, 0, 1, 3, 2, 2])
        #expect(log.behaviorNames == ["view", "buy"] && log.target == 1 && log.behaviors == [0, 1, 1, 1, 1, 1])
        #expect(log.values == [4, 5, 3, 1, 1, 1] && log.timestamps == [10, 20, 30, 5, 25, 15])
        #expect(log.sessions == [-1, -1, -1, 0, 1, -1])
        #expect(joined.catalog.items.map(\.title) == ["Emma", "Ulysses", "7", "9"])
        #expect(joined.catalog.items.map(\.domain) == ["book", "book", "music", "music"])
        #expect(joined.catalog.items[0].year == 1815 && joined.catalog.items[0].genres == ["novel"])
        // User 2 is of both: the first domain says nothing of their age.
        #expect(joined.userAttributes == ["age": ["30", "40", "50"], "city": ["", "Turku", "Oulu"]])
        #expect(joined.socialEdges == [SocialEdge(from: 0, to: 1, weight: 2), SocialEdge(from: 2, to: 1)])
        let knowledge = try #require(joined.knowledge)
        #expect(knowledge.entities.ids == ["m.1", "m.2", "m.3"] && knowledge.relations.ids == ["author", "by"])
        #expect(knowledge.heads == [0, 1] && knowledge.predicates == [0, 1] && knowledge.tails == [1, 2])
        #expect(knowledge.itemEntities == [0, -1, -1, 2])
        let frozen = try #require(joined.frozen)
        #expect(frozen.holdout == Holdout(pairs: [(user: 0, item: 1), (user: 1, item: 0), (user: 1, item: 2)]))
        #expect(frozen.negatives == FrozenNegatives(name: "books' own and songs' own", rows: [[0], [1, 3]]))
        #expect(frozen.validation == Holdout(pairs: [(user: 2, item: 3)]))

        let domains = ItemDomains(joined.catalog)
        #expect(domains.names == ["book", "music"] && domains.indices == [0, 0, 1, 1])
        #expect(domains[2] == "music" && domains.items(of: 1) == [2, 3] && domains.index(of: "film") == nil)
        let music = try #require(frozen.restricted(to: 1, of: domains))
        #expect(music.holdout == Holdout(pairs: [(user: 1, item: 2)]) && music.negatives?.rows == [[3]])
        #expect(ItemDomains()[0] == nil && ItemDomains(Catalog()).isEmpty)
    }

    @Test func numbersBeyondTheSharedOnesAreOtherPeople() throws {
        let joined = try Dataset.joining(
            [
                DomainData(domain: "book", dataset: Self.books(), sharedUsers: 2),
                DomainData(domain: "music", dataset: Self.songs(), sharedUsers: 2),
            ], name: "both")
        #expect(joined.log.userVocabulary.ids == ["1", "book/2", "music/2", "music/3"])
        #expect(joined.log.users == [0, 1, 1, 2, 3, 2])
    }

    @Test func whatOneDomainLacksIsNotMadeUp() throws {
        var songs = Self.songs()
        songs.log.timestamps = []
        songs.frozen?.negatives = nil
        let joined = try Dataset.joining(
            [DomainData(domain: "book", dataset: Self.books()), DomainData(domain: "music", dataset: songs)],
            name: "both")
        #expect(joined.log.timestamps.isEmpty && joined.frozen?.negatives == nil)
        #expect(joined.frozen?.holdout.items.count == 3)
    }

    @Test func whatCannotBeJoinedSaysWhy() {
        func message(_ parts: [DomainData]) -> String {
            do { return "no error: \(try Dataset.joining(parts, name: "x").log.count)" } catch { return "\(error)" }
        }
        #expect(message([]) == "several domains: there is none; list at least one")
        let book = DomainData(domain: "book", dataset: Self.books())
        #expect(message([book, book]) == "several domains: 'book' occurs twice; give each a name of its own")
        #expect(
            message([book, DomainData(domain: "", dataset: Self.songs())])
                == "several domains: domain 2 has no name; give it one")
    }

    @Test(.enabled(if: realData("douban-book-music") != nil, "douban-book-music is not there"))
    func doubanSharesItsUsers() throws {
        let folder = try #require(realData("douban-book-music"))
        let mapping = ColumnMapping(user: 1, item: 2, value: 3)
        let parts = try ["book", "music"].map {
            DomainData(
                domain: $0,
                dataset: try DatasetReader.read(
                    folder.appendingPathComponent("douban_\($0).ratings.dat"), mapping: mapping, cache: false))
        }
        let joined = try Dataset.joining(parts, name: "douban")
        #expect(joined.log.count == 96_041 + 69_709 && joined.log.itemCount == 6777 + 5567)
        #expect(joined.log.userCount == 2110 + 1672 - 1566)
    }

    @Test func heldOutPairsAreReadWithTheirTest() throws {
        let fixture = try ReadingFixture([
            "train.txt": "0\t5\t1\n0\t6\t1\n1\t5\t1\n", "test.txt": "0\t7\t1\n1\t6\t1\n", "valid.txt": "1\t8\t1\n",
            "test_neg.txt": "(0, 7)\t8\t5\n(1, 6)\t9\t7\n", "new_reindex.txt": "0\t5\t1\n",
        ])
        let (dataset, report) = try fixture.read()
        let log = dataset.log
        #expect(report.format == "training and held-out files")
        #expect(log.userVocabulary.ids == ["0", "1"] && log.itemVocabulary.ids == ["5", "6", "7", "8", "9"])
        #expect(log.users == [0, 0, 1] && log.items == [0, 1, 0] && log.values.isEmpty && log.timestamps.isEmpty)
        #expect(dataset.frozen?.holdout == Holdout(pairs: [(user: 0, item: 2), (user: 1, item: 1)]))
        #expect(dataset.frozen?.validation == Holdout(pairs: [(user: 1, item: 3)]))
        #expect(dataset.frozen?.negatives == FrozenNegatives(name: "test_neg.txt", rows: [[3, 0], [4, 2]]))
        let (split, splitReport) = try Splitter.given(GivenSplit()).split(dataset, seed: 1)
        #expect(split.validation == dataset.frozen?.validation && split.train == log)
        #expect(splitReport.choice == "validation is the files' own" && splitReport.droppedRepeats == 0)
        #expect(try Splitter.given(GivenSplit(validation: false)).split(dataset, seed: 1).split.validation == nil)
        try fixture.write("test_neg.txt", "(0, 8)\t5\n")
        #expect(
            fixture.message()
                == "test_neg.txt: has a line whose pair is not in test.txt; take both files from the same split")
    }

    @Test(.enabled(if: realData("amazon-cdr-cdrib") != nil, "amazon-cdr-cdrib is not there"))
    func coldStartPairsHaveTheCountsOfTheirReadme() throws {
        let folder = try #require(realData("amazon-cdr-cdrib/game_video"))
        let dataset = try DatasetReader.read(folder, cache: false)
        #expect(dataset.log.count == 155_036)
        #expect(dataset.frozen?.validation?.items.count == 1381 && dataset.frozen?.holdout.items.count == 1304)
    }

    @Test(.enabled(if: realData("amazon-cdr-bitgcf") != nil, "amazon-cdr-bitgcf is not there"))
    func crossDomainPairsComeWithNegatives() throws {
        let dataset = try DatasetReader.read(
            try #require(realData("amazon-cdr-bitgcf/cell_electronic")), cache: false)
        #expect(dataset.log.count == 50_407 && dataset.frozen?.holdout.items.count == 3325)
        #expect(dataset.frozen?.negatives?.rows.allSatisfy { $0.count == 99 } == true)
    }
}

import Foundation
import Testing

@testable import MarqueeData

/// What a file without a format is taken for: told, or asked about.
@Suite("Reading guesses")
struct ReadingGuesses {
    static let ratings =
        "1 15 5 1500003907\n1 18 1 1500005442\n2 15 3 1500009110\n2 7 5 1500014703\n3 18 4 1500015056\n"

    @Test("user item rating timestamp by spaces is a table", arguments: [1, 7, 4 << 20])
    func spaces(size: Int) throws {
        let (dataset, report) = try ReadingFixture(["ratings.dat": Self.ratings]).read("ratings.dat", chunkSize: size)
        #expect(dataset.log.count == 5 && dataset.log.userCount == 3 && dataset.log.itemCount == 3)
        #expect(dataset.log.values == [5, 1, 3, 5, 4] && dataset.log.timestamps.first == 1_500_003_907_000)
        #expect(
            report.notes == [
                DataNote(
                    .columns,
                    "ratings.dat: field 1 is the user, field 2 the item, field 3 the value, field 4 the timestamp (seconds since 1970)"
                )
            ])
    }

    @Test("the same as train and test is a given split")
    func spacesSplit() throws {
        let fixture = try ReadingFixture([
            "train.txt": Self.ratings, "test.txt": "1 7 2 1500020000\n3 15 1 1500020001\n",
        ])
        let dataset = try fixture.read().dataset
        #expect(dataset.log.count == 5 && dataset.log.itemCount == 3 && dataset.frozen?.holdout.items.count == 2)
    }

    @Test("where lists fit as well, it asks, and the key that it names decides")
    func asks() throws {
        let fixture = try ReadingFixture(["r.dat": "1 15 5 1500003907\n2 18 1 1500005442\n3 15 3 1500009110\n"])
        #expect(
            fixture.message("r.dat")
                == "r.dat: could be lists, 'user item item …', or a table, 'user item rating' and more ('1 15 5 1500003907'); say which: `columns: { lists: true }` or `columns: { user: 1, item: 2, value: 3, timestamp: 4 }`"
        )
        #expect(try fixture.read("r.dat", mapping: ColumnMapping(lists: true)).dataset.log.count == 9)
        #expect(try fixture.read("r.dat", mapping: ColumnMapping(lists: false)).dataset.log.values == [5, 1, 3])
        let mapping = ColumnMapping(user: 1, item: 2, value: 3, timestamp: 4)
        #expect(try fixture.read("r.dat", mapping: mapping).dataset.log.count == 3)
        #expect(try ReadingFixture(["r.dat": "1 2 3\n2 3 4\n"]).message("r.dat").contains("lists: true"))
        // Lists stay lists.
        for text in ["0 12 21\n1 14 10\n", "0 1\n1 2\n", "0 1 2 3\n1 4\n", "0 100 200 300\n1 400 500 600\n"] {
            let (_, report) = try ReadingFixture(["l.txt": text]).read("l.txt")
            #expect(report.format == "adjacency lists")
        }
    }

    @Test("columns without names by what they hold")
    func positional() throws {
        let tabs = try ReadingFixture(["a.tsv": "1\t15\t1500003907\t5\n1\t18\t1500005442\t4.5\n"]).read()
        #expect(tabs.dataset.log.values == [5, 4.5] && tabs.dataset.log.timestamps.count == 2)
        #expect(
            try ReadingFixture(["a.csv": "1,15,5,4\n1,18,1,2\n"]).message()
                == "a.csv: has 4 columns without names, which could mean several things ('1,15,5,4'); say which is which, such as `columns: { user: 1, item: 2, value: 3, timestamp: 4 }`"
        )
    }

    @Test("of two columns that could be the item it asks for one")
    func severalItems() throws {
        let fixture = try ReadingFixture(["a.csv": "user_id,track_id,item_id\nu,t,i\n"])
        #expect(
            fixture.message()
                == "a.csv: has several columns that could be the item: track_id, item_id; say which, such as `columns: { item: track_id }`"
        )
        let dataset = try fixture.read(mapping: ColumnMapping(item: "item_id")).dataset
        #expect(dataset.log.itemVocabulary.ids == ["i"] && dataset.log.userVocabulary.ids == ["u"])
    }

    @Test("a mapping of half a table says which half is missing")
    func half() throws {
        let fixture = try ReadingFixture(["a.csv": "who,what\nu,i\n"])
        #expect(
            fixture.message(mapping: ColumnMapping(user: "who"))
                == "DATA: has no column that is known as item; found a.csv ('who,what'); name it too: `columns: { item: … }`"
        )
    }

    @Test("blanks around ids are none", arguments: [1, 3, 4 << 20])
    func blanks(size: Int) throws {
        for text in [
            "user_id,item_id,rating\n1,7 ,5\n2,7,3\n2, 8,1\n", "user_id, item_id, rating\n1, 7, 5\n2, 7, 3\n2, 8, 1\n",
            "user_id,item_id,rating\na,\" 7\",5\nb,7,3\nb,8\t,1\n",
        ] {
            let (dataset, report) = try ReadingFixture(["s.csv": text]).read(chunkSize: size)
            #expect(dataset.log.itemVocabulary.ids == ["7", "8"] && dataset.log.userCount == 2)
            #expect(
                report.notes.contains {
                    $0.kind == .trimmed && $0.text.hasSuffix("had blanks around them, read without")
                })
        }
        let names = try ReadingFixture(["s.csv": "user_id,item_id\nann ,x y\nann,x y \n"]).read(chunkSize: size)
        #expect(names.dataset.log.userCount == 1 && names.dataset.log.itemVocabulary.ids == ["x y"])
        #expect(names.report.notes.last == DataNote(.trimmed, "s.csv: 2 ids had blanks around them, read without"))
        // Titles are looked up by the same ids.
        let titled = try ReadingFixture([
            "ratings.dat": "1::7 ::3::4\n", "movies.dat": " 7::Heat (1995)::Crime\n",
        ]).read()
        #expect(titled.dataset.catalog[0]?.title == "Heat")
    }

    @Test("blank lines are noted", arguments: [1, 3, 4 << 20])
    func blankLines(size: Int) throws {
        let csv = try ReadingFixture(["b.csv": "user_id,item_id\n1,2\n\n  \n2,3\n\n\n"]).read(chunkSize: size)
        #expect(csv.dataset.log.count == 2)
        #expect(csv.report.notes.last == DataNote(.blank, "b.csv: 2 blank lines passed over"))
        let lists = try ReadingFixture(["train.txt": "0 1 2\n\n1 3\n", "test.txt": "0 3\n"]).read(chunkSize: size)
        #expect(lists.report.notes == [DataNote(.blank, "train.txt: 1 blank line passed over")])
    }

    @Test("ids from 1 make nobody of number 0")
    func oneBased() throws {
        let fixture = try ReadingFixture(["train.txt": "1 1 2 3\n2 3\n", "test.txt": "1 4\n2 1\n"])
        let dataset = try fixture.read().dataset
        #expect(
            dataset.log.userVocabulary.ids == ["1", "2"] && dataset.log.itemVocabulary.ids == ["1", "2", "3", "4"])
        #expect(dataset.log.items == [0, 1, 2, 2] && dataset.frozen?.holdout.items == [3, 0])
    }

    @Test("values of 0 and below are told")
    func dislikes() throws {
        let notes = try ReadingFixture(["v.csv": "user_id,item_id,rating\n1,2,1\n1,3,0\n2,3,-1\n"]).read().report.notes
        #expect(
            notes.last
                == DataNote(
                    .values,
                    "2 of 3 values are 0 or below and count as likes as all others do; `prepare: [{ binarize: { threshold: 1 } }]` keeps those from 1 on"
                ))
    }

    @Test("a folder with one data file is that file")
    func alone() throws {
        let fixture = try ReadingFixture(["lists.txt": "0 1 2\n1 2\n", "README.txt": "0 0 lists", "x.yaml": "data: x"])
        #expect(try fixture.read().dataset.log.count == 3)
        #expect(try fixture.read().dataset.name == "data")
        let parquet = try ReadingFixture(["p.parquet": "PAR1"])
        #expect(
            parquet.message()
                == "p.parquet: is Parquet, which is not read; write it as CSV first: duckdb -c \"COPY (FROM 'p.parquet') TO 'interactions.csv'\""
        )
    }

    @Test("users without the target are kept and told, or left out")
    func withoutTarget() throws {
        let fixture = try ReadingFixture([
            "train.txt": "0 0\n0 1\n1 3\n1 6\n", "cart.txt": "0 0\n1 2\n2 4\n3 2\n", "test.txt": "0 2\n1 5\n",
        ])
        let (dataset, report) = try fixture.read()
        #expect(dataset.log.count == 8 && dataset.log.userCount == 4)
        #expect(
            report.notes.last
                == DataNote(
                    .users,
                    "2 users have no buy: kept, to learn from what else they did; the preparation step `target-users` leaves them out"
                ))
        let (left, step) = try PreparationStep.targetUsers.apply(to: dataset, seed: 1)
        #expect(left.log.count == 6 && left.log.userCount == 2 && left.log.itemCount == dataset.log.itemCount)
        #expect(step.sentence == "dropped 2 users without buy" && left.frozen?.holdout == dataset.frozen?.holdout)
    }
}

import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

/// Random logs written in every format and read back the same, however the file is cut.
@Suite("Reading formats")
struct ReadingFormats {
    /// One row as a file tells it.
    struct Row: Equatable {
        var user, item, behavior: String
        var value: Float
        var time: Int64
    }

    static let chunkSizes = [1, 2, 3, 5, 17, 64, 4 << 20]

    static func rows(seed: UInt64, count: Int, users: [String], items: [String]) -> [Row] {
        var stream = RandomStream(seed: seed, "rows")
        return (0..<count).map { _ in
            Row(
                user: users.randomElement(using: &stream) ?? "", item: items.randomElement(using: &stream) ?? "",
                behavior: ["view", "cart", "buy"].randomElement(using: &stream) ?? "",
                value: [0.5, 3, 4.5, 0.1, 123456.79, 1e-7, -2.25, 3.4028235e38].randomElement(using: &stream) ?? 0,
                time: Int64.random(in: 0...2_000_000_000, using: &stream))
        }
    }

    static let integers = (0..<40).map { String($0 * $0 * 7919 % 100_003) } + ["0", "9223372036854775807", "-5"]
    static let strings = [
        "a", "7", "007", "é", "a b", "x,y", "say \"hi\"", "two\nlines", String(repeating: "long", count: 70), "日本",
    ]

    static func told(_ log: InteractionLog) -> [Row] {
        (0..<log.count).map {
            Row(
                user: log.userVocabulary[log.users[$0]], item: log.itemVocabulary[log.items[$0]],
                behavior: log.behaviors.isEmpty ? log.behaviorNames[0] : log.behaviorNames[Int(log.behaviors[$0])],
                value: log.values.isEmpty ? 1 : log.values[$0],
                time: log.timestamps.isEmpty ? 0 : log.timestamps[$0] / 1000)
        }
    }

    /// Ids are numbered by first appearance.
    static func isByFirstAppearance(_ log: InteractionLog) -> Bool {
        [log.users, log.items].allSatisfy { column in
            var next: Int32 = 0
            return column.allSatisfy { index in
                if index == next { next += 1 }
                return index < next
            }
        }
    }

    static func quoted(_ field: String) -> String {
        field.contains { ",\"\n".contains($0) }
            ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
    }

    @Test("CSV by a mapping, quotes and line breaks within", arguments: [UInt64](1...6))
    func csv(seed: UInt64) throws {
        let ids = seed % 2 == 0 ? Self.integers : Self.strings
        let rows = Self.rows(seed: seed, count: 60, users: ids, items: Self.strings)
        let end = seed % 3 == 0 ? "\r\n" : "\n"
        var text = ["when,who,junk,what,did,much"]
        for row in rows {
            text.append(
                "\(row.time),\(Self.quoted(row.user)),\"x\",\(Self.quoted(row.item)),\(row.behavior),\(row.value)")
        }
        let fixture = try ReadingFixture(["log.csv": text.joined(separator: end) + (seed % 2 == 0 ? end : "")])
        let mapping = ColumnMapping(user: "who", item: "what", behavior: 5, value: "much", timestamp: "when")
        for size in Self.chunkSizes {
            for workers in [1, 2, 3] {
                let log = try fixture.read(mapping: mapping, chunkSize: size, workers: workers).dataset.log
                #expect(Self.told(log) == rows)
                #expect(Self.isByFirstAppearance(log))
            }
        }
    }

    @Test("MovieLens, every release", arguments: ["u.data", "ratings.dat", "ratings.csv"])
    func movieLens(name: String) throws {
        let numbers = (1...30).map(String.init)
        var rows = Self.rows(seed: 9, count: 60, users: numbers, items: numbers)
        for index in rows.indices { rows[index].behavior = "interaction" }
        let separator = ["u.data": "\t", "ratings.dat": "::", "ratings.csv": ","][name] ?? ""
        var lines = rows.map { ["\($0.user)", "\($0.item)", "\($0.value)", "\($0.time)"].joined(separator: separator) }
        if name == "u.data" {
            for index in rows.indices {
                rows[index].value = 4
                lines[index] = "\(rows[index].user)\t\(rows[index].item)\t4\t\(rows[index].time)"
            }
        }
        if name == "ratings.csv" { lines.insert("userId,movieId,rating,timestamp", at: 0) }
        for (prefix, end) in [("", "\n"), ("\u{FEFF}", "\r\n"), ("", "\n\n\n")] {
            let fixture = try ReadingFixture([
                name: prefix + lines.joined(separator: end == "\n\n\n" ? "\n" : end) + end
            ])
            for size in Self.chunkSizes {
                #expect(Self.told(try fixture.read(chunkSize: size).dataset.log) == rows)
            }
            let file = try Data(contentsOf: fixture.folder.appendingPathComponent(name))
            let packed = try ReadingFixture()
            try packed.write(name + ".gz", ReadingFixture.gzip(String(decoding: file, as: UTF8.self)))
            #expect(Self.told(try packed.read().dataset.log) == rows)
            #expect(Self.told(try packed.read(name + ".gz").dataset.log) == rows)
            try packed.zip(
                "ml.zip", ["ml/\(name)": String(decoding: file, as: UTF8.self), "__MACOSX/ml/._\(name)": "x"])
            #expect(Self.told(try packed.read("ml.zip").dataset.log) == rows)
        }
    }

    @Test("RecBole, with behaviors and fractional times", arguments: chunkSizes)
    func recBole(size: Int) throws {
        let names = ["u1", "u2", "7", "ü"]
        let rows = Self.rows(seed: 3, count: 60, users: names, items: Self.integers)
        let text =
            ["user_id:token\titem_id:token\ttimestamp:float\tbehavior:token\trating:float"]
            + rows.map { "\($0.user)\t\($0.item)\t\($0.time).75\t\($0.behavior)\t\($0.value)" }
        let fixture = try ReadingFixture([
            "x.inter": text.joined(separator: "\n"),
            "x.net": "source_id:token\ttarget_id:token\nu1\tü\nu2\tnobody\n",
            "x.item": "item_id:token\tmovie_title:token_seq\tgenre:token_seq\n0\tHeat (1995)\tCrime Drama\n",
            "x.user": "user_id:token\tage:token\nü\t44\n",
            "x.kg": "head_id:token\trelation_id:token\ttail_id:token\nm.1\tdirected\tm.2\n",
            "x.link": "item_id:token\tentity_id:token\n0\tm.1\n",
        ])
        let (dataset, report) = try fixture.read(chunkSize: size)
        #expect(Self.told(dataset.log) == rows)
        #expect(dataset.log.timestamps.allSatisfy { $0 % 1000 == 750 })
        #expect(dataset.socialEdges.count == 1)
        #expect(
            report.notes.contains(
                DataNote(.joining, "1 social ties of users without interactions were left out")))
        #expect(
            report.notes.last?.text.hasPrefix("behaviors: view ") == true
                && report.notes.last?.text.hasSuffix("to predict: buy") == true)
        let item = try #require(dataset.log.itemVocabulary.index(of: "0"))
        #expect(dataset.catalog[item] == Catalog.Item(title: "Heat", year: 1995, genres: ["Crime", "Drama"]))
        let user = try #require(dataset.log.userVocabulary.index(of: "ü"))
        #expect(dataset.userAttributes["age"]?[Int(user)] == "44")
        #expect(dataset.knowledge?.count == 1)
        #expect(dataset.knowledge?.itemEntities[Int(item)] == 0)
    }

    @Test("adjacency lists", arguments: chunkSizes)
    func adjacency(size: Int) throws {
        let lists: [(user: Int, items: [Int])] = [(0, [3, 1]), (1, []), (2, [0, 1, 2, 4]), (3, [4])]
        let text = lists.map { ([$0.user] + $0.items).map(String.init).joined(separator: " ") }.joined(separator: " \n")
        let fixture = try ReadingFixture(["train.txt": text, "test.txt": "0 2 4\n1\n3 0\n"])
        let dataset = try fixture.read(chunkSize: size).dataset
        #expect(dataset.log.users == [0, 0, 2, 2, 2, 2, 3])
        #expect(dataset.log.items == [3, 1, 0, 1, 2, 4, 4])
        #expect(dataset.log.userVocabulary.ids == ["0", "1", "2", "3"])
        #expect(dataset.log.itemVocabulary.ids == ["0", "1", "2", "3", "4"])
        #expect(
            dataset.frozen?.holdout == Holdout(pairs: [(user: 0, item: 2), (user: 0, item: 4), (user: 3, item: 0)]))
    }

    @Test("the NCF paper's files", arguments: chunkSizes)
    func ncf(size: Int) throws {
        let fixture = try ReadingFixture([
            "m.train.rating": "1\t2\t4\t50\n0\t1\t5\t60\n", "m.test.rating": "0\t0\t5\t2\n1\t3\t5\t2\n",
            "m.test.negative": "(0,0)\t2\t4\n(1, 3)\t0\t1\n", "item_map.tsv": "0\t11\n1\t12\n2\t13\n",
            "movies.dat": "12::Heat (1995)::Crime|Drama\n13::\u{c9}t\u{e9}::(no genres listed)\n",
        ])
        let dataset = try fixture.read(chunkSize: size).dataset
        #expect(dataset.log.users == [1, 0])
        #expect(dataset.log.items == [2, 1])
        #expect(dataset.log.itemVocabulary.ids == ["0", "1", "2", "3", "4"])
        #expect(dataset.frozen?.holdout.items == [0, 3])
        #expect(dataset.frozen?.negatives?.rows == [[2, 4], [0, 1]])
        #expect(dataset.catalog[1]?.title == "Heat")
        #expect(dataset.catalog[2] == Catalog.Item(title: "Été", genres: []))
    }

    @Test("catalogs: latin-1, long titles, quoted commas, tags")
    func catalogs() throws {
        let long = String(repeating: "x", count: 10_000)
        let fixture = try ReadingFixture([
            "ratings.csv": "userId,movieId,rating,timestamp\r\n1,1,3,4\r\n1,2,3,4\r\n2,3,1,5\r\n",
            "movies.csv":
                "movieId,title,genres\r\n1,\"American President, The (1995)\",Comedy|Drama\r\n2,\"\"\"Great\"\" One\",(no genres listed)\r\n3,\(long),Drama\r\n9,Unseen,Drama\r\n",
            "tags.csv": "userId,movieId,tag,timestamp\n1,1,\"funny, and sad\",1\n2,1,good,1\n",
        ])
        let dataset = try fixture.read().dataset
        #expect(
            dataset.catalog.items == [
                Catalog.Item(
                    title: "American President, The", year: 1995, genres: ["Comedy", "Drama"],
                    text: "funny, and sad, good"),
                Catalog.Item(title: "\"Great\" One"), Catalog.Item(title: long, genres: ["Drama"]),
            ])
        let latin = try ReadingFixture(["ratings.dat": "1::5::3::4\n"])
        try latin.write("movies.dat", Data("5::Am".utf8) + [0xE9] + Data("lie (2001)::Comedy\n".utf8))
        let read = try latin.read()
        #expect(read.dataset.catalog[0]?.title == "Amélie")
        #expect(read.report.files.last?.encoding == "latin-1")
        try latin.write("log.csv", Data("who,what\n".utf8) + [0xE9] + Data(",b\n".utf8))
        let mapped = try latin.read("log.csv", mapping: ColumnMapping(user: "who", item: "what")).dataset
        #expect(mapped.log.userVocabulary.ids == ["é"])
    }

    @Test("timestamps in milliseconds, when declared")
    func milliseconds() throws {
        let fixture = try ReadingFixture(["log.tsv": "a\tb\t978300760999\nb\tb\t978300761000.5\n"])
        let log = try fixture.read(mapping: ColumnMapping(user: 1, item: 2, timestamp: 3, timeUnit: .milliseconds))
            .dataset.log
        #expect(log.timestamps == [978_300_760_999, 978_300_761_001])
    }

    @Test("a mapping through JSON keeps names and numbers apart")
    func mapping() throws {
        let text = #"{"user": "who", "item": 2, "timeUnit": "milliseconds"}"#
        let mapping = try JSONDecoder().decode(ColumnMapping.self, from: Data(text.utf8))
        #expect(mapping == ColumnMapping(user: .name("who"), item: .number(2), timeUnit: .milliseconds))
        #expect(try JSONDecoder().decode(ColumnMapping.self, from: JSONEncoder().encode(mapping)) == mapping)
    }
}

@Suite("Vocabulary")
struct VocabularyTests {
    @Test("is a dictionary and an array, whatever goes in", arguments: [UInt64](1...20))
    func model(seed: UInt64) {
        var stream = RandomStream(seed: seed, "vocabulary")
        var vocabulary = Vocabulary()
        var ids: [String] = []
        var indices: [String: Int32] = [:]
        for _ in 0..<500 {
            let number = Int64.random(in: -3...Int64(10) << Int64.random(in: 0...50, using: &stream), using: &stream)
            let id = seed % 3 == 0 && Int.random(in: 0..<40, using: &stream) == 0 ? "n\(number)" : String(number)
            let before = vocabulary
            #expect(vocabulary.index(of: id) == indices[id])
            let index = vocabulary.insert(id)
            if let known = indices[id] {
                #expect(index == known)
            } else {
                #expect(before.count == ids.count && before.index(of: id) == nil)  // A copy stays what it was.
                indices[id] = Int32(ids.count)
                ids.append(id)
            }
            #expect(vocabulary[index] == id)
        }
        #expect(vocabulary.ids == ids)
        #expect(vocabulary == Vocabulary(ids))
        for (id, index) in indices { #expect(vocabulary.index(of: id) == index) }
    }

    @Test("tells 7 from 007, -0 and +7")
    func spelling() {
        let vocabulary = Vocabulary(["7", "007", "-0", "0", "+7", "99999999999999999999", "-9223372036854775808"])
        #expect(vocabulary.count == 7)
        #expect(vocabulary.integers == nil)
        #expect(Vocabulary(["7", "8"]).integers == [7, 8])
        #expect(Vocabulary(["7", "8"]).index(of: "08") == nil)
        #expect(Vocabulary(["7", "8"]).index(of: Int64(8)) == 1)
    }
}

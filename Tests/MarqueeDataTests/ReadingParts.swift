import Foundation
import Testing

@testable import MarqueeData

/// Logs in several files, and of JSON lines.
@Suite("Reading parts and JSON lines")
struct ReadingParts {
    private static let rows = [
        "train": [["1", "15", "5", "100"], ["1", "18", "1", "200"], ["2", "15", "3.5", "300"]],
        "valid": [["1", "13", "3.5", "250"]], "test": [["1", "9", "4", "260"], ["2", "18", "2", "310"]],
    ]

    private func check(_ dataset: Dataset) {
        #expect(
            dataset.log.userVocabulary.ids == ["1", "2"] && dataset.log.itemVocabulary.ids == ["15", "18", "9", "13"])
        #expect(dataset.log.values == [5, 1, 3.5] && dataset.log.timestamps == [100_000, 200_000, 300_000])
        #expect(dataset.frozen?.holdout == Holdout(pairs: [(user: 0, item: 2), (user: 1, item: 1)]))
        #expect(dataset.frozen?.validation == Holdout(pairs: [(user: 0, item: 3)]))
    }

    @Test(
        "train, validation and test as RecBole has them and as CSV",
        arguments: ["x.%.inter", "%.csv", "books.%.csv", "%.tsv", "%.jsonl"], ["valid", "validation", "val"])
    func split(pattern: String, validation: String) throws {
        var files: [String: String] = [:]
        let keys = ["user_id", "item_id", "rating", "timestamp"]
        for (part, rows) in Self.rows {
            let name = pattern.replacing("%", with: part == "valid" ? validation : part)
            let separator = name.hasSuffix("csv") ? "," : "\t"
            let header =
                name.hasSuffix("inter")
                ? "user_id:token\titem_id:token\trating:float\ttimestamp:float" : keys.joined(separator: separator)
            files[name] =
                name.hasSuffix("jsonl")
                ? rows.map { row in "{" + zip(keys, row).map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}" }
                    .joined(separator: "\n")
                : ([header] + rows.map { $0.joined(separator: separator) }).joined(separator: "\n")
        }
        let fixture = try ReadingFixture(files)
        for size in [1, 7, 4 << 20] { check(try fixture.read(chunkSize: size).dataset) }
        let url = fixture.folder
        let (split, _) = try Splitter.given(GivenSplit()).split(
            DatasetReader.read(url, cache: false), seed: 1)
        #expect(split.validation?.items == [3] && split.test.items == [2, 1] && split.train.count == 3)
    }

    @Test("the header of MovieLens does not make parts several logs")
    func movieLensHeader() throws {
        let header = "userId,movieId,rating,timestamp\n"
        let fixture = try ReadingFixture([
            "train.csv": header + "1,2,3,4\n1,3,3,5\n", "test.csv": header + "1,4,3,6\n",
        ])
        #expect(try fixture.read().dataset.frozen?.holdout.items == [2])
    }

    @Test("tables named by behaviors")
    func behaviors() throws {
        let fixture = try ReadingFixture([
            "views.csv": "user_id,item_id,timestamp\na,x,100\na,y,200\nb,x,150\n",
            "purchases.csv": "item_id,user_id,timestamp\nx,a,300\n",
        ])
        let (dataset, report) = try fixture.read()
        #expect(dataset.log.behaviorNames == ["view", "purchase"] && dataset.log.targetName == "purchase")
        #expect(dataset.log.behaviors == [0, 0, 0, 1] && dataset.log.timestamps.last == 300_000)
        #expect(report.notes.last?.text.hasPrefix("1 user has no purchase: kept") == true)
        #expect(
            try ReadingFixture(["a.csv": "user_id,item_id\n1,2\n", "b.csv": "user_id,item_id\n1,2\n"]).message()
                == "DATA: holds several logs: a.csv, b.csv; name the one to read, or call files by the behavior they hold, such as view.csv and buy.csv"
        )
    }

    static let lines = """
        {"userId": "ann, \\"A\\"", "itemId": 7, "value": true, "timestamp": "2017-07-14T03:45:07Z", "tags": ["a", {"b": 1}]}

        {"timestamp": "2017-07-14T03:45:08+00:00", "itemId": "8", "value": 2.5, "userId": "b\\u00e9b"}
        """

    @Test("JSON lines", arguments: [1, 7, 4 << 20])
    func jsonLines(size: Int) throws {
        let (dataset, report) = try ReadingFixture(["log.jsonl": Self.lines]).read(chunkSize: size)
        #expect(
            dataset.log.userVocabulary.ids == ["ann, \"A\"", "béb"] && dataset.log.itemVocabulary.ids == ["7", "8"])
        #expect(dataset.log.values == [1, 2.5])
        #expect(dataset.log.timestamps == [1_500_003_907_000, 1_500_003_908_000])
        #expect(report.format == "JSON lines" && report.notes.last?.kind == .blank)
        let events = try ReadingFixture([
            "e.ndjson": """
            {"id":"e1","user":"42","item":"7","type":"click","time":1500003907000}
            {"id":"e2","user":"42","item":"7","type":"purchase","time":1500003908000}
            """
        ]).read(chunkSize: size).dataset
        #expect(events.log.behaviorNames == ["click", "purchase"] && events.log.timestamps.last == 1_500_003_908_000)
        let mapped = try ReadingFixture(["log.ndjson": "{\"who\": 1, \"what\": 2}\n"])
            .read(mapping: ColumnMapping(user: "who", item: "what"), chunkSize: size)
        #expect(mapped.dataset.log.count == 1 && mapped.report.format == "JSON lines")
    }

    @Test("a bad JSON line has its number and the key's name")
    func badJSON() throws {
        let bad = try ReadingFixture([
            "log.jsonl": "{\"user\": 1, \"item\": 2}\n{\"user\": 1, \"item\": \n{\"user\": 3}\n"
        ])
        #expect(
            bad.message()
                == "log.jsonl:2: expected one JSON object, found '{\"user\": 1, \"item\": '; complete or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        )
        let (dataset, report) = try bad.read(mapping: ColumnMapping(onBadLine: .skip))
        #expect(dataset.log.count == 1 && report.notes.count { $0.kind == .skipped } == 2)
        #expect(!report.notes.contains { $0.kind == .blank })
        #expect(
            try ReadingFixture(["log.jsonl": "{\"user\": 1, \"item\": 2}\n{\"user\": 3}\n"]).message()
                == "log.jsonl:2: expected an item id ('item'), found nothing; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        )
    }
}

import Foundation
import MarqueeData
import Testing

/// What goes wrong in files, and the line that says so.
@Suite("Reading errors")
struct ReadingErrors {
    struct Case: CustomTestStringConvertible, Sendable {
        let file: String
        let text: String
        let message: String
        var testDescription: String { message }
    }

    static let cases = [
        Case(
            file: "ratings.dat", text: "1::2::3::4\n1::2::3\n",
            message:
                "ratings.dat:2: expected 4 fields separated by '::', found 3; the line may be cut off: complete or delete it, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.dat", text: "1::2::3::4\n\n1::2::3::4::5\n",
            message:
                "ratings.dat:3: expected 4 fields separated by '::', found 5; delete the surplus or quote what holds separators, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.dat", text: "1::2::3::4\nbob::2::3::4\n",
            message:
                "ratings.dat:2: expected a whole number as user id (field 1), found 'bob'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "u.data", text: "1\t2\t3\t4\n1\tx1\t3\t4\n",
            message:
                "u.data:2: expected a whole number as item id (field 2), found 'x1'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,good,4\n",
            message:
                "ratings.csv:2: expected a number as value (field 3), found 'good'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,3,4\n1,2,NaN,4\n",
            message:
                "ratings.csv:3: expected a finite number as value (field 3), found 'NaN'; delete the line or give it a value, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,-inf,4\n",
            message:
                "ratings.csv:2: expected a finite number as value (field 3), found '-inf'; delete the line or give it a value, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,1e99,4\n",
            message:
                "ratings.csv:2: expected a finite number as value (field 3), found '1e99'; delete the line or give it a value, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,3,-4\n",
            message:
                "ratings.csv:2: expected a timestamp from 0, 1970-01-01, on (field 4), found '-4'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,3,978300760\n1,3,3,978300760000\n",
            message:
                "ratings.csv: has times of two sizes (field 4): 978300760 looks like seconds, 978300760000 like milliseconds; bring them to one, or say what they count: `columns: { time-unit: milliseconds }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n,2,3,4\n",
            message:
                "ratings.csv:2: expected a user id (field 1), found nothing; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,3,4\n\"1,2,3,4\n1,3,3,4\n",
            message:
                "ratings.csv:3: expected quotes in pairs around whole fields, found a '\"' that opens or closes nothing; double the quotes inside a quoted field, or set `quotes: false` in a column mapping"
        ),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n1,2,3,4\n1,2\u{0},3,4\n",
            message: "ratings.csv:3: expected text, found a NUL byte; the file is damaged or binary: get it again"),
        Case(
            file: "ratings.csv", text: "userId,movieId,rating,timestamp\n",
            message: "ratings.csv: holds no interactions; check that it was fully downloaded"),
        Case(
            file: "ratings.csv", text: "",
            message: "ratings.csv: holds no interactions; check that it was fully downloaded"),
        Case(
            file: "x.inter", text: "user_id\titem_id\n1\t2\n",
            message:
                "x.inter:1: expected a header of typed columns such as 'user_id:token', found 'user_id?item_id'; add the header"
        ),
        Case(
            file: "x.inter", text: "user_id:token\trating:float\n1\t2\n",
            message: "x.inter: no column item_id:token; found 'user_id', 'rating'; correct the column mapping"),
        Case(
            file: "x.inter", text: "user_id:token\titem_id:token\ta:float\n1\t2\t3\n1\t2\n",
            message:
                "x.inter:3: expected 3 fields separated by tabs, found 2; the line may be cut off: complete or delete it, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "train.txt", text: "0 1 2\n1 2 x\n2 1\n",
            message:
                "train.txt:2: expected a whole number as item id (field 3), found 'x'; correct or delete the line, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
        Case(
            file: "m.train.rating", text: "0\t1\t5\t9\n0\t1\t5\n",
            message:
                "m.train.rating:2: expected 4 fields separated by tabs, found 3; the line may be cut off: complete or delete it, or leave such lines out: `columns: { on-bad-line: skip }`"
        ),
    ]

    @Test("says file, line and remedy", arguments: cases)
    func message(_ test: Case) throws {
        let fixture = try ReadingFixture([test.file: test.text])
        #expect(fixture.message() == test.message)
        // The same wherever chunks begin.
        for size in [1, 2, 3, 7, 16] { #expect(fixture.message(chunkSize: size) == test.message) }
    }

    @Test("says what it found and what it could read")
    func unrecognized() throws {
        let fixture = try ReadingFixture(["notes.md": "# Notes\n"])
        #expect(
            fixture.message() == """
                DATA: no known data set; found notes.md ('# Notes'). Supported, plain, .gz or .zip: every MovieLens \
                release; RecBole atomic files (.inter .item .user .net .kg .link); the NCF paper's NAME.train.rating, \
                NAME.test.rating and NAME.test.negative; adjacency lists ("user item item …" in train.txt and \
                test.txt), also one file a behavior (view.train.txt, buy.train.txt; cart.txt; train_mat_buy.tsv); \
                ratings_train.txt with trusts.txt; any CSV, TSV or JSON lines with a user and an item column, or by a \
                column mapping that names them, also as train, valid and test or as one file a behavior (view.csv, buy.csv)
                """)
        #expect(try ReadingFixture().message().hasPrefix("DATA: no known data set; found no files."))
    }

    @Test("names a path that is not there")
    func missing() throws {
        #expect(try ReadingFixture().message("absent") == "DATA/absent: no such file; check the path")
    }

    @Test("names a column that is not there")
    func column() throws {
        let fixture = try ReadingFixture(["plays.csv": "who,what\na,b\n"])
        #expect(
            fixture.message(mapping: ColumnMapping(user: "who", item: "song"))
                == "plays.csv: no column 'song'; found 'who', 'what'; correct the column mapping")
        #expect(
            fixture.message(mapping: ColumnMapping(user: "who", item: 3))
                == "plays.csv: no column 3; found 'who', 'what'; correct the column mapping")
    }

    @Test("refuses damaged archives")
    func archives() throws {
        let fixture = try ReadingFixture()
        let text =
            "userId,movieId,rating,timestamp\n"
            + (1...5000).map { "\($0),\($0 * 7 % 911),3.5,\($0)" }.joined(separator: "\n")
        let packed = ReadingFixture.gzip(text)
        try fixture.write("ratings.csv.gz", packed.prefix(packed.count / 2))
        #expect(fixture.message() == "ratings.csv: ends in the middle of its gzip data; download it again")
        var damaged = packed
        for place in stride(from: 2000, to: 2100, by: 3) { damaged[place] ^= 0x55 }
        try fixture.write("ratings.csv.gz", damaged)
        #expect(fixture.message().hasPrefix("ratings.csv: holds damaged gzip data near byte"))

        let zipped = try ReadingFixture()
        try zipped.zip("ml.zip", ["ml/ratings.csv": text])
        let url = zipped.folder.appendingPathComponent("ml.zip")
        let whole = try Data(contentsOf: url)
        try whole.prefix(whole.count / 2).write(to: url)
        #expect(zipped.message("ml.zip").hasPrefix("ml.zip: is no readable zip archive"))
        var flipped = whole
        for place in stride(from: 1000, to: 1100, by: 3) { flipped[place] ^= 0x55 }
        try flipped.write(to: url)
        #expect(zipped.message("ml.zip").hasPrefix("ml.zip/ratings.csv: holds damaged data"))
    }

    @Test("refuses UTF-16")
    func wide() throws {
        let fixture = try ReadingFixture()
        try fixture.write("ratings.csv", Data([0xFF, 0xFE]) + Data("u\0,\0i\0".utf8))
        #expect(
            fixture.message("ratings.csv", mapping: ColumnMapping(user: 1, item: 2))
                == "ratings.csv: is written in UTF-16; convert it: iconv -f UTF-16 -t UTF-8")
    }

    @Test("asks which of several logs is meant")
    func ambiguous() throws {
        let fixture = try ReadingFixture([
            "a.inter": "user_id:token\titem_id:token\n1\t2\n", "b.inter": "user_id:token\titem_id:token\n1\t2\n",
        ])
        #expect(fixture.message() == "DATA: holds several logs: a.inter, b.inter; name the one to read")
    }

    @Test("finds test negatives that belong to another split")
    func foreignNegatives() throws {
        let fixture = try ReadingFixture([
            "m.train.rating": "0\t0\t5\t1\n1\t1\t5\t1\n", "m.test.rating": "0\t2\t5\t2\n1\t3\t5\t2\n",
            "m.test.negative": "(0,2)\t1\t3\n(1,2)\t0\n",
        ])
        #expect(
            fixture.message()
                == "m.test.negative: has a line whose pair is not in m.test.rating; take both files from the same split"
        )
    }
}
